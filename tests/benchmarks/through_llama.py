"""Refrase through a real model that nobody here wrote: llama.cpp's server with a GGUF of your own.

    pip install xllamacpp   (in an environment of its own: it is llama.cpp's server as a package)
    LLAMA_PYTHON=/path/to/python REFRASE_TEST_GGUF=/path/to/model.gguf ./run python -m tests.benchmarks.through_llama

Runs whole rewrites through it: streamed, checked, stored; then a limit that cuts the reply, a prompt that is larger
than the context, a wrong key and a call that is broken off. A small model writes badly: what is asked of it is not
quality but that every outcome has its name, every call its record, and that no text leaves that breaks its prompt.
Ends with exit code 1 where that is not so. Says nothing about Kimi K2.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from pathlib import Path

from refrase.bootstrap import Services, open_services
from refrase.core.engine import FailureKind
from refrase.core.progress import EditWritten, Progress, TextWritten
from refrase.core.prompt import prompt_from_text
from refrase.core.rewrite import Mode, Order, Outcome, Rewrite, Severity
from refrase.provider_check import check_provider
from refrase.services.history import History
from tests.benchmarks.through_litellm import free_port
from tests.conftest import make_settings

KEY = "sk-llama-0123456789"
# Its guide is short: a machine without a GPU reads it in a third of the time that Kimi K2's takes.
TARGET = "granite-4.2-30b"
CONTEXT_TOKENS = 8_192
PROMPTS = (
    "I want you to sort {{list}} by name.\nGive the 3 longest ones, and nothing else.",
    "Please could you summarise <report>{report}</report> in at most 5 sentences, in French?",
    "You are a support agent of ACME. Never promise a refund.\n\nCustomer: {{ message }}\n\nAnswer politely.",
)
# The server, run by the other environment. One slot, so that the guide at the head of each call is read once.
_SERVER = """
import sys, threading, xllamacpp as x
path, port, key, context = sys.argv[1:]
p = x.CommonParams()
p.model.path = path; p.hostnames = ["127.0.0.1"]; p.port = int(port); p.api_keys = [key]; p.model_alias = {"local"}
p.n_ctx = int(context); p.n_parallel = 1; p.n_gpu_layers = 0; p.fit_params = False; p.offline = True; p.ui = False
p.timeout_read = p.timeout_write = 900
server = x.Server(p)
threading.Event().wait()
"""
_START_SECONDS = 120
_CALL_SECONDS = 900


def main() -> int:
    """Start the server, run the cases, and say what came of them."""
    python, model = os.environ.get("LLAMA_PYTHON"), os.environ.get("REFRASE_TEST_GGUF")
    if not (python and model):
        print("Set LLAMA_PYTHON to the python of an environment with xllamacpp, and REFRASE_TEST_GGUF to a model.")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        command = [python, "-c", _SERVER, model, str(port), KEY, str(CONTEXT_TOKENS)]
        # Two threads that spin would starve everything else on a small machine.
        environ = {**os.environ, "OMP_WAIT_POLICY": "passive"}
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environ)
        try:
            _wait(server, f"http://127.0.0.1:{port}")
            print(f"{Path(model).name}, context {CONTEXT_TOKENS:,}")
            return asyncio.run(_run(Path(folder), f"http://127.0.0.1:{port}/v1"))
        finally:
            server.terminate()
            server.wait(30)


async def _run(folder: Path, address: str) -> int:
    faults: list[str] = []
    async with _services(folder, address) as services:
        report = await check_provider(services.settings, "", calls=True)
        _expect(faults, "the server lists its model", report.is_good)
        for number, text in enumerate(PROMPTS, 1):
            await _whole(faults, services, f"prompt {number}", Order(prompt_from_text(text), TARGET))
        bold = Order(prompt_from_text(PROMPTS[0]), TARGET, mode=Mode.BOLD)
        await _whole(faults, services, "prompt 1, bold", bold)
        await _broken_off(faults, services)
        long = Order(prompt_from_text("Count the words of this line, and say {{n}}. " * 2000), TARGET)
        await _fails(faults, services, "larger than the context", long, FailureKind.REFUSED)
    async with _services(folder, address, REFRASE_ENGINE_MAX_OUTPUT_TOKENS="8") as services:
        cut = Order(prompt_from_text(PROMPTS[0]), TARGET, is_fresh=True)
        await _fails(faults, services, "cut by its limit", cut, FailureKind.TRUNCATED)
    async with _services(folder, address, key="sk-llama-wrong") as services:
        wrong = Order(prompt_from_text(PROMPTS[0]), TARGET, is_fresh=True)
        await _fails(faults, services, "a wrong key", wrong, FailureKind.WRONG_KEY)
    print(f"{len(faults)} faults" + "".join(f"\n  {fault}" for fault in faults))
    return int(bool(faults))


async def _whole(faults: list[str], services: Services, name: str, order: Order) -> None:
    """A whole rewrite: named, streamed, on record, and nothing leaves that breaks the prompt."""
    seen: list[Progress] = []
    began = time.monotonic()
    rewrite = await services.rewriter.rewrite(order, seen.append)
    _tell(name, rewrite, time.monotonic() - began, seen)
    codes = {f"engine_{kind}" for kind in FailureKind} | {"contract_broken", "nothing_to_change"}
    _expect(faults, f"{name}: a named outcome", rewrite.reason is None or rewrite.reason.code in codes)
    if rewrite.outcome is Outcome.REWRITTEN:
        checked = await services.checker.check(order.prompt, rewrite.after, mode=order.mode, terms=order.terms)
        is_kept = all(item.severity is not Severity.BLOCKING for item in checked.findings)
        _expect(faults, f"{name}: keeps its prompt", is_kept)
        streamed = any(isinstance(progress, TextWritten | EditWritten) for progress in seen)
        _expect(faults, f"{name}: streamed", streamed)
    else:
        _expect(faults, f"{name}: the original", rewrite.after == rewrite.before)
    await _on_record(faults, services.history, name, rewrite)
    if rewrite.outcome is not Outcome.FAILED:
        again = await services.rewriter.rewrite(order)
        _expect(faults, f"{name}: reused", again.is_reused and again.id == rewrite.id)


async def _fails(faults: list[str], services: Services, name: str, order: Order, kind: FailureKind) -> None:
    began = time.monotonic()
    rewrite = await services.rewriter.rewrite(order)
    _tell(name, rewrite, time.monotonic() - began, [])
    told = rewrite.reason.code if rewrite.reason else ""
    _expect(faults, f"{name}: engine_{kind}, not {told}", told == f"engine_{kind}")
    _expect(faults, f"{name}: the original", rewrite.after == rewrite.before)
    await _on_record(faults, services.history, name, rewrite)


async def _broken_off(faults: list[str], services: Services) -> None:
    """A call that is cancelled while it streams is on record as such, and the server takes the next one."""
    writing = asyncio.Event()
    ids: list[str] = []

    def watch(progress: Progress) -> None:
        ids.extend([progress.id] if hasattr(progress, "id") else [])
        if isinstance(progress, TextWritten | EditWritten):
            writing.set()

    order = Order(prompt_from_text(f"{PROMPTS[0]} Explain each."), TARGET, mode=Mode.BOLD)
    task = asyncio.create_task(services.rewriter.rewrite(order, watch))
    await asyncio.wait([task, waiting := asyncio.ensure_future(writing.wait())], return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    rewrite, attempts = await services.history.get(ids[0])
    print(f"{'broken off':<24} {rewrite.outcome} {rewrite.reason.code if rewrite.reason else ''}")
    told = [attempt.failure and attempt.failure.kind for attempt in attempts]
    is_over = task.done() and not task.cancelled()  # it was faster than the word
    _expect(faults, "broken off: on record", is_over or told == [FailureKind.CANCELLED])


async def _on_record(faults: list[str], history: History, name: str, rewrite: Rewrite) -> None:
    stored, attempts = await history.get(rewrite.id)
    is_kept = stored.outcome is rewrite.outcome and len(attempts) == rewrite.usage.attempts
    _expect(faults, f"{name}: on record", is_kept and all(attempt.finished_at for attempt in attempts))
    _expect(faults, f"{name}: no key in it", KEY not in repr((stored, attempts)))
    told = [attempt.usage.input_tokens for attempt in attempts if attempt.failure is None]
    _expect(faults, f"{name}: tokens counted", all(told))


def _tell(name: str, rewrite: Rewrite, seconds: float, seen: list[Progress]) -> None:
    usage = rewrite.usage
    code = rewrite.reason.code if rewrite.reason else ""
    events = ", ".join(f"{count} {kind}" for kind, count in Counter(type(one).__name__ for one in seen).items())
    print(f"{name:<24} {rewrite.outcome} {code}, {usage.attempts} calls, {seconds:.0f} s", end="")
    print(f", {usage.input_tokens} tokens in ({usage.cached_tokens} cached), {usage.output_tokens} out; {events}")
    blocking = [finding.kind for finding in rewrite.findings if finding.severity is Severity.BLOCKING]
    if blocking:
        print(f"{'':<24} refused for {', '.join(dict(Counter(blocking)))}")
    elif rewrite.reason:
        print(f"{'':<24} {rewrite.reason.message[:160]}")
    if rewrite.outcome is Outcome.REWRITTEN:
        print(f"{'':<24} {rewrite.after.texts[0]!r}")


def _expect(faults: list[str], what: str, is_so: bool) -> None:
    if not is_so:
        faults.append(what)


def _services(folder: Path, address: str, key: str = KEY, **more: str):
    settings = make_settings(
        folder,
        REFRASE_ENGINE_PROVIDER="custom",
        REFRASE_ENGINE_BASE_URL=address,
        REFRASE_ENGINE_MODEL="local",
        REFRASE_ENGINE_API_KEY=key,
        REFRASE_ENGINE_TIMEOUT_SECONDS=str(_CALL_SECONDS),
        **{"REFRASE_ENGINE_MAX_OUTPUT_TOKENS": "300", **more},
    )
    return open_services(settings)


def _wait(server: subprocess.Popen, address: str) -> None:
    for _ in range(_START_SECONDS):
        if server.poll() is not None:
            raise SystemExit("The server did not start: is xllamacpp installed there, and the model a GGUF?")
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=2):
                return
        except OSError:
            time.sleep(1)
    raise SystemExit("The server did not start.")


if __name__ == "__main__":
    sys.exit(main())
