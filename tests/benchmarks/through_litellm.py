"""Refrase through a server that nobody here wrote: the LiteLLM proxy, in front of the fake provider.

    pip install 'litellm[proxy]'   (in an environment of its own)
    LITELLM=/path/to/litellm ./run python -m tests.benchmarks.through_litellm

Runs a rewrite through it, a rate limit and a refusal that LiteLLM makes up, and a model that it does not have; says
for each what came of it, and ends with exit code 1 where that is not what is wanted.
"""

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import yaml

from refrase.bootstrap import open_services
from refrase.core.progress import EditWritten, Progress, TextWritten
from refrase.core.prompt import prompt_from_text
from refrase.core.rewrite import Order
from refrase.provider_check import check_provider
from tests.conftest import make_settings
from tests.fakes.clock import Sleep
from tests.fakes.server import RunningServer
from tests.fakes.upstream import Upstream

KEY = "sk-proxy-0123456789"
PROMPT = "I want you to sort {{list}} by name.\nGive the 3 longest ones, and nothing else."
CASES = {
    "kimi-k2-0905": "rewritten",
    "rate-limited": "failed engine_rate_limited",
    "refuses": "returned contract_broken",
    "nobody": "failed engine_refused",
}
_START_SECONDS = 120


def main() -> int:
    """Start the proxy, run the cases, and say what came of them."""
    command = os.environ.get("LITELLM")
    if not command:
        print("Set LITELLM to the litellm command of an environment that has litellm[proxy].")
        return 0
    with tempfile.TemporaryDirectory() as folder, RunningServer(Upstream()) as upstream:
        port = free_port()
        config = Path(folder, "config.yaml")
        config.write_text(yaml.safe_dump(_config(f"{upstream}/v1")))
        proxy = subprocess.Popen(
            [command, "--config", str(config), "--host", "127.0.0.1", "--port", str(port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
        )
        try:
            address = f"http://127.0.0.1:{port}"
            _wait(address)
            return asyncio.run(_run(Path(folder), f"{address}/v1"))
        finally:
            proxy.terminate()
            proxy.wait(30)


async def _run(folder: Path, address: str) -> int:
    wrong = 0
    for model, wanted in CASES.items():
        settings = make_settings(
            folder,
            REFRASE_ENGINE_PROVIDER="litellm",
            REFRASE_ENGINE_BASE_URL=address,
            REFRASE_ENGINE_MODEL=model,
            LITELLM_API_KEY=KEY,
        )
        report = await check_provider(settings, "", calls=True)
        print(f"{model:<14} listed: {report.is_good}")
        for is_streamed in (False, True):
            seen: list[Progress] = []
            order = Order(prompt_from_text(PROMPT), "kimi-k2-0905", is_fresh=True)
            async with open_services(settings, sleep=Sleep()) as services:
                rewrite = await services.rewriter.rewrite(order, *((seen.append,) if is_streamed else ()))
            came = f"{rewrite.outcome} {rewrite.reason.code if rewrite.reason else ''}".strip()
            pieces = sum(isinstance(progress, TextWritten | EditWritten) for progress in seen)
            wrong += came != wanted or (came == "rewritten" and is_streamed and not pieces)
            way = f"streamed in {pieces} pieces" if is_streamed else "whole"
            print(f"  {way:<20} {came:<30} {rewrite.usage.attempts} calls")
        print(f"  {rewrite.reason.message[:160] if rewrite.reason else rewrite.after.texts[0]!r}")
    return int(wrong > 0)


def _config(upstream: str) -> dict:
    def model(name: str, **params: str) -> dict:
        return {"model_name": name, "litellm_params": {"api_key": "sk-upstream", **params}}

    return {
        "model_list": [
            model("kimi-k2-0905", model="openai/moonshotai/kimi-k2-0905", api_base=upstream),
            model("rate-limited", model="openai/other", mock_response="litellm.RateLimitError"),
            model("refuses", model="openai/other", mock_response="I cannot help with that."),
        ],
        "general_settings": {"master_key": KEY},
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait(address: str) -> None:
    for _ in range(_START_SECONDS):
        try:
            with urllib.request.urlopen(f"{address}/health/liveliness", timeout=2):
                return
        except OSError:
            time.sleep(1)
    raise SystemExit("The proxy did not start.")


if __name__ == "__main__":
    sys.exit(main())
