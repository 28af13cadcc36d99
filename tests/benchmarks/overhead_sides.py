"""The two sides of the benchmark `overhead`, each in its own process: a bare AsyncOpenAI loop, the whole Rewriter."""

import asyncio
import json
import random
import re
import string
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

KINDS = ("plain", "template")
SIDES = ("bare", "full")
MOST_CONCURRENT = 128
_TOKENS = range(300, 801)
_TAG = "qqqqqq"
# The last long word of each sentence, line or item.
_TAGGED = re.compile(r"(?<![\w{}<>$`/.-])[a-z]{6,}(?![\w{}<>`/-])(?=[^.!?\n]*)(?![^.!?\n]*\s[a-z]{6,}(?![\w{}<>`/-]))")

# When the first piece of the reply came, of the rewrite that this task makes.
_first_at: ContextVar[list[float]] = ContextVar("first_at")


def _tagged(text: str, number: int) -> str:
    """Return *text* with the letters of run *number* in place of the tag."""
    letters = random.Random(number).choices(string.ascii_lowercase, k=len(_TAG))
    return text.replace(_TAG, "".join(letters))


@asynccontextmanager
async def _bare(address: str, cases: dict[str, Any]) -> AsyncIterator[Callable[..., Any]]:
    """Yield the bare loop: the same messages, a stream joined."""
    from openai import AsyncOpenAI

    client = AsyncOpenAI(api_key="sk-fake", base_url=address, max_retries=0)

    async def call(case: dict[str, Any], number: int, is_streamed: bool) -> None:
        messages: Any = [
            {"role": "system", "content": cases["system"]},
            {"role": "user", "content": _tagged(case["request"], number)},
        ]
        options: Any = {"model": "moonshotai/kimi-k2-0905", "temperature": 0.6, "max_tokens": 5000}
        came = await client.chat.completions.create(messages=messages, stream=is_streamed, **options)
        parts: list[str] = []
        if not is_streamed:
            _first_at.get().append(time.perf_counter())
            parts.append(came.choices[0].message.content)
        else:
            async for chunk in came:
                if chunk.choices and chunk.choices[0].delta.content:
                    if not parts:
                        _first_at.get().append(time.perf_counter())
                    parts.append(chunk.choices[0].delta.content)
        if "<edit-" not in "".join(parts):
            sys.exit("The provider's reply is not what was asked for.")

    yield call
    await client.close()


@asynccontextmanager
async def _services(address: str, folder: str) -> AsyncIterator[Any]:
    from refrase.bootstrap import open_services
    from refrase.settings import read_settings

    environ = {
        "REFRASE_DATA_DIR": folder,
        "REFRASE_ENGINE_PROVIDER": "openrouter",
        "REFRASE_ENGINE_BASE_URL": address,
        "REFRASE_ENGINE_MOST_CONCURRENT": str(MOST_CONCURRENT),
        "OPENROUTER_API_KEY": "sk-fake",
    }
    async with open_services(read_settings(environ, ())) as services:
        yield services


def _order(case: dict[str, Any], number: int) -> Any:
    from refrase.core.prompt import Message, Prompt
    from refrase.core.rewrite import Order

    messages = tuple(Message(_tagged(text, number), role) for text, role in case["messages"])
    return Order(prompt=Prompt(messages), target="kimi-k2-0905")


@asynccontextmanager
async def _full(address: str, _cases: dict[str, Any]) -> AsyncIterator[Callable[..., Any]]:
    """Yield the Rewriter, which must rewrite in one call."""
    with tempfile.TemporaryDirectory() as folder:
        async with _services(address, folder) as services:
            answer = services.engine.answer

            async def noted(call: Any, on_delta: Callable[[str], None]) -> Any:
                first_at = _first_at.get()

                def note(delta: str) -> None:
                    if not first_at:
                        first_at.append(time.perf_counter())
                    on_delta(delta)

                return await answer(call, note)

            services.engine.answer = noted

            async def call(case: dict[str, Any], number: int, is_streamed: bool) -> None:
                watching = (lambda _progress: None,) if is_streamed else ()
                rewrite = await services.rewriter.rewrite(_order(case, number), *watching)
                if rewrite.outcome != "rewritten" or rewrite.usage.attempts != 1 or rewrite.is_reused:
                    sys.exit(f"A rewrite was {rewrite.outcome} after {rewrite.usage.attempts} calls: {rewrite.reason}")

            yield call


async def prepare(address: str) -> dict[str, Any]:
    """Return the prompts that the scribe's edit can be made in, by kind, with the request that the engine gets."""
    from refrase.core.rewrite import Order
    from refrase.core.syntax import find_syntaxes
    from refrase.instructions import Instructions
    from refrase.rendering.rendering import RENDERED
    from refrase.tokens import count_tokens
    from tests.benchmarks.fidelity import devset

    cases: dict[str, Any] = {kind: [] for kind in KINDS}
    instructions = Instructions()
    with tempfile.TemporaryDirectory() as folder:
        async with _services(address, folder) as services:
            for prompt in devset().values():
                tokens = sum(count_tokens(text) for text in prompt.texts)
                if tokens not in _TOKENS:
                    continue
                tagged = prompt.with_texts(tuple(_TAGGED.sub(_TAG, text) for text in prompt.texts))
                if not any(_TAG in text for text in tagged.texts):
                    continue
                order = Order(prompt=tagged, target="kimi-k2-0905")
                plan = await services.planner.plan(order)
                rewrite = await services.rewriter.carry_out(plan)
                if rewrite.outcome != "rewritten" or rewrite.usage.attempts != 1:
                    continue
                is_rendered = any(syntax in RENDERED for text in tagged.texts for syntax in find_syntaxes(text))
                quoted = instructions.quote(plan.case)
                request = instructions.request(plan.case, quoted, selected=plan.selected, findings=plan.noticed)
                messages = [(message.text, message.role) for message in tagged.messages]
                cases[KINDS[is_rendered]].append({"messages": messages, "request": request, "tokens": tokens})
                cases["system"] = instructions.system(plan.target)
    return cases


async def serve(side: str, address: str, cases: dict[str, Any]) -> None:
    """Measure what the standard input asks for, line by line, until it ends."""
    async with {"bare": _bare, "full": _full}[side](address, cases) as call:
        while line := await asyncio.to_thread(sys.stdin.readline):
            asked = json.loads(line)
            if "idle_seconds" in asked:
                told = await _idle(asked["idle_seconds"])
            else:
                told = await _measure(call, cases[asked["kind"]], asked)
            print(json.dumps({**told, "memory": _peak_megabytes()}), flush=True)


async def _idle(seconds: float) -> dict[str, Any]:
    started = time.process_time()
    await asyncio.sleep(seconds)
    return {"cpu": (time.process_time() - started) / seconds}


async def _measure(call: Callable[..., Any], cases: list[Any], asked: dict[str, Any]) -> dict[str, Any]:
    numbers = iter(range(asked["number"], asked["number"] + asked["count"]))
    latencies: list[float] = []
    firsts: list[float] = []

    async def work() -> None:
        for number in numbers:
            first_at: list[float] = []
            _first_at.set(first_at)
            started = time.perf_counter()
            await call(cases[number % len(cases)], number, asked["is_streamed"])
            latencies.append(time.perf_counter() - started)
            firsts.append(first_at[0] - started)

    cpu, wall = time.process_time(), time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(asked["concurrency"]):
            group.create_task(work())
    return {
        "latencies": latencies,
        "firsts": firsts,
        "wall": time.perf_counter() - wall,
        "cpu": time.process_time() - cpu,
    }


def _peak_megabytes() -> float:
    """Return the most memory that this process has held; not getrusage, which counts what it was forked from."""
    try:
        status = Path("/proc/self/status").read_text("utf-8")
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024
    except (OSError, IndexError):
        import resource

        unit = 2**20 if sys.platform == "darwin" else 2**10
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
