"""What Refrase adds to the calls it makes: a bare AsyncOpenAI loop and the whole Rewriter against one fake provider.

    python -m tests.benchmarks.overhead [--quick] [--rounds N] [--spread SHARE]

Needs the folder of real prompts beside the checkout. Four processes, so that none pays for another: this one, which
measures nothing; the provider, which answers after a set delay with a valid edit (streamed: the first piece after half
of it, the last at its end, 24 characters a piece); and the two sides, which take turns, round by round, with the same
requests on the same event loop (uvloop where it is installed, as in the service). The Rewriter's side is all that a
request meets behind the web server: plan, contract, look-up, records in an SQLite file of a temporary folder, gate,
reading the reply, fidelity, rendering.

The prompts are those of 300 to 800 tokens that the provider's one edit can be made in, each time with other letters at
its end, so that no result is found again. Two kinds are told apart: plain ones, and ones with template variables, whose
two texts are rendered in a guarded process. With short delays somebody watches, and both sides stream; with long ones
nobody does, as in a run over a library, and neither side streams.

Latency counts from the order to the result, the first token until the engine has it. Added is the Rewriter's
percentile less that of the bare loop. CPU time is that of the side's own process, less what it takes idle. Throughput
is measured after the gate has opened; the bare loop has no gate. Replies that all take equally long come in clumps,
which costs throughput beyond the CPU time; --spread 0.25 lets each of those differ by a quarter either way, as real
ones do.

On a busy machine the differences and ratios still mean something, the percentiles at the end less so.
"""

import argparse
import asyncio
import json
import os
import random
import statistics
import string
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Self

_TOKENS = range(300, 801)
_PIECE_CHARACTERS = 24
_MOST_CONCURRENT = 128
_SHORT_SECONDS, _LONG_SECONDS = 0.2, 2.0
_TAG = "(qqqqqq)"
_USAGE = {"prompt_tokens": 9000, "completion_tokens": 90, "total_tokens": 9090, "cost": 0.006}
_SIDES = ("bare", "full")
_KINDS = ("plain", "template")
_AIMS = {"p50": 10.0, "p99": 30.0, "first": 5.0, "ratio": 0.95, "cpu": 6.0, "memory": 150.0}

# When the first piece of the reply came, of the rewrite that this task makes.
_first_at: ContextVar[list[float]] = ContextVar("first_at")


class Upstream:
    """The provider, as an ASGI app. GET /delay/SECONDS/SPREAD sets how long a reply takes, give or take."""

    def __init__(self) -> None:
        self._delay_seconds = self._spread = 0.0

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        from tests.fakes.upstream import scribe

        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        begun = time.perf_counter()
        if scope["method"] == "GET":
            self._delay_seconds, self._spread = map(float, scope["path"].split("/")[-2:])
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        begun += self._delay_seconds * random.uniform(-self._spread, self._spread)
        request = json.loads(body)
        text = scribe(request)
        if not request.get("stream"):
            await self._wait(begun, 1.0)
            await _whole(send, text)
            return
        pieces = [text[at : at + _PIECE_CHARACTERS] for at in range(0, len(text), _PIECE_CHARACTERS)]
        await self._wait(begun, 0.5)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        for number, piece in enumerate(pieces):
            await self._wait(begun, 0.5 + 0.5 * number / len(pieces))
            await _event(send, [{"index": 0, "delta": {"role": "assistant", "content": piece}, "finish_reason": None}])
        await self._wait(begun, 1.0)
        await _event(send, [{"index": 0, "delta": {"content": ""}, "finish_reason": "stop"}])
        await _event(send, [], _USAGE)
        await send({"type": "http.response.body", "body": b"data: [DONE]\n\n"})

    async def _wait(self, begun: float, share: float) -> None:
        await asyncio.sleep(max(0.0, begun + self._delay_seconds * share - time.perf_counter()))


async def _whole(send: Any, text: str) -> None:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    completion = {"id": "gen-1", "object": "chat.completion", "created": 1, "model": "moonshotai/kimi-k2-0905"}
    data = json.dumps({**completion, "choices": [choice], "usage": _USAGE}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(data)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": data})


async def _event(send: Any, choices: list[Any], usage: dict[str, Any] | None = None) -> None:
    chunk = {"id": "gen-1", "object": "chat.completion.chunk", "created": 1, "model": "moonshotai/kimi-k2-0905"}
    data = json.dumps({**chunk, "choices": choices, **({"usage": usage} if usage else {})})
    await send({"type": "http.response.body", "body": f"data: {data}\n\n".encode(), "more_body": True})


def _tagged(text: str, number: int) -> str:
    """Return *text* with the letters of run *number* in place of the tag."""
    letters = random.Random(number).choices(string.ascii_lowercase, k=len(_TAG) - 2)
    return text.replace(_TAG, f"({''.join(letters)})")


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
        "REFRASE_ENGINE_MOST_CONCURRENT": str(_MOST_CONCURRENT),
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


async def _prepare(address: str) -> dict[str, Any]:
    """Return the prompts that the scribe's edit can be made in, by kind, with the request that the engine gets."""
    from refrase.core.prompt import Message, Prompt
    from refrase.core.rewrite import Order
    from refrase.core.syntax import find_syntaxes
    from refrase.instructions import Instructions
    from refrase.rendering.rendering import RENDERED
    from refrase.tokens import count_tokens
    from tests.benchmarks.fidelity import devset

    cases: dict[str, Any] = {kind: [] for kind in _KINDS}
    instructions = Instructions()
    with tempfile.TemporaryDirectory() as folder:
        async with _services(address, folder) as services:
            for prompt in devset().values():
                tokens = sum(count_tokens(text) for text in prompt.texts)
                if tokens not in _TOKENS:
                    continue
                *rest, last = prompt.messages
                tagged = Prompt((*rest, Message(f"{last.text}\n\n{_TAG}", last.role)))
                order = Order(prompt=tagged, target="kimi-k2-0905")
                plan = await services.planner.plan(order)
                rewrite = await services.rewriter.carry_out(plan)
                if rewrite.outcome != "rewritten" or rewrite.usage.attempts != 1:
                    continue
                is_rendered = any(syntax in RENDERED for text in tagged.texts for syntax in find_syntaxes(text))
                quoted = instructions.quote(plan.case)
                request = instructions.request(plan.case, quoted, selected=plan.selected, findings=plan.noticed)
                messages = [(message.text, message.role) for message in tagged.messages]
                cases[_KINDS[is_rendered]].append({"messages": messages, "request": request, "tokens": tokens})
                cases["system"] = instructions.system(plan.target)
    return cases


async def _serve(side: str, address: str, cases: dict[str, Any]) -> None:
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


class Process:
    """Another part of this file, in a process of its own. It prints a line when it is ready and one for each order."""

    def __init__(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "tests.benchmarks.overhead", *arguments]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._process.stdin.close()
        self._process.terminate()
        self._process.wait()

    def ask(self, **asked: Any) -> dict[str, Any]:
        self._process.stdin.write(f"{json.dumps(asked)}\n")
        self._process.stdin.flush()
        return json.loads(self.line())

    def line(self) -> str:
        line = self._process.stdout.readline()
        if not line:
            sys.exit("A process of the benchmark ended.")
        return line


class Bench:
    """Lets both sides do the same in turns and keeps what they tell."""

    def __init__(self, address: str, sides: dict[str, Process], *, rounds: int, spread: float) -> None:
        self._address = address
        self._sides = sides
        self._rounds = rounds
        self._spread = spread
        self._number = 0
        self._idle = {side: process.ask(idle_seconds=1.0)["cpu"] for side, process in sides.items()}
        self.memory: dict[str, float] = {}

    def run(self, kind: str, *, concurrency: int, seconds: float, count: int) -> dict[str, list[dict[str, Any]]]:
        """Return what each side told of each round."""
        is_streamed = seconds != _LONG_SECONDS
        spread = 0.0 if is_streamed else self._spread
        with urllib.request.urlopen(f"{self._address}/delay/{seconds}/{spread}"):
            pass
        told: dict[str, list[dict[str, Any]]] = {side: [] for side in _SIDES}
        for round_number in range(self._rounds):
            for side in _SIDES[:: -1 if round_number % 2 else 1]:
                asked = {"kind": kind, "concurrency": concurrency, "count": count, "number": self._number}
                result = self._sides[side].ask(**asked, is_streamed=is_streamed)
                result["cpu_ms"] = (result["cpu"] - self._idle[side] * result["wall"]) / count * 1000
                self.memory[side] = result["memory"]
                told[side].append(result)
            self._number += count
        return told


def _row(name: str, bare: float, full: float, result: float, aim: str = "", unit: str = "ms") -> None:
    told = f"{result:9.2f}" if unit == "ratio" else f"{result:+9.1f}"
    aimed = f"  aim {_AIMS[aim]:g}" if aim else ""
    print(f"{name:<56}{bare:>9.1f}{full:>10.1f}{told} {unit}{aimed}")


def _print_latency(name: str, told: dict[str, list[dict[str, Any]]]) -> None:
    def at(side: str, field: str, share: float) -> float:
        values = sorted(value for result in told[side] for value in result[field])
        return values[min(len(values) - 1, int(len(values) * share))] * 1000

    for title, field, share, aim in (
        ("latency p50", "latencies", 0.5, "p50"),
        ("latency p99", "latencies", 0.99, "p99"),
        ("first token p50", "firsts", 0.5, "first"),
    ):
        bare, full = (at(side, field, share) for side in _SIDES)
        _row(f"{name}: {title}", bare, full, full - bare, aim)
    bare, full = (statistics.median(result["cpu_ms"] for result in told[side]) for side in _SIDES)
    _row(f"{name}: CPU per rewrite", bare, full, full - bare)


def _print_throughput(name: str, told: dict[str, list[dict[str, Any]]]) -> None:
    bare, full = ([len(result["latencies"]) / result["wall"] for result in told[side]] for side in _SIDES)
    ratio = statistics.median(there / here for here, there in zip(bare, full, strict=True))
    _row(f"{name}: rewrites per second", statistics.median(bare), statistics.median(full), ratio, "ratio", "ratio")
    here, there = (statistics.median(result["cpu_ms"] for result in told[side]) for side in _SIDES)
    _row(f"{name}: CPU per rewrite", here, there, there - here)
    print(f"{'':<56}{'':>9}{there:>10.1f}{'':>9} ms in all  aim {_AIMS['cpu']:g}")


def main() -> None:
    """Measure and print, or be one of the processes."""
    parser = argparse.ArgumentParser(description="Measure what Refrase adds to the calls it makes.")
    parser.add_argument("--quick", action="store_true", help="fewer calls: two to four minutes, else ten")
    parser.add_argument("--rounds", type=int, default=0, help="how often the sides take turns; 3, or 1 with --quick")
    parser.add_argument("--spread", type=float, default=0.0, help="by which share each reply may take less or more")
    parser.add_argument("--part", nargs="+", help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.part:
        _be(*told.part)
        return
    from tests.benchmarks.fidelity import DEVSET, ROOT

    if not DEVSET.exists():
        print(f"Skipped: the real prompts are not at {DEVSET.relative_to(ROOT.parent)}.")
        return
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        address = stack.enter_context(Process("--part", "upstream")).line().strip()
        path = str(Path(folder) / "cases.json")
        with Process("--part", "prepare", address, path) as process:
            prompts = ", ".join(process.line().strip() for _ in _KINDS)
        sides = {side: stack.enter_context(Process("--part", side, address, path)) for side in _SIDES}
        started = {side: process.ask(idle_seconds=0.1)["memory"] for side, process in sides.items()}
        share = 1 if told.quick else 3
        bench = Bench(address, sides, rounds=told.rounds or share, spread=told.spread)
        print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}; {prompts}")
        print(f"{'':<56}{'bare':>9}{'Rewriter':>10}{'added':>9}")
        for kind in _KINDS:
            # Warm, and open the gate.
            bench.run(kind, concurrency=_MOST_CONCURRENT, seconds=0.02, count=_MOST_CONCURRENT * 2)
            for concurrency, count in ((1, 20 * (1 + share)), (16, 160 * share)):
                result = bench.run(kind, concurrency=concurrency, seconds=_SHORT_SECONDS, count=count)
                _print_latency(f"{kind}, {_SHORT_SECONDS * 1000:.0f} ms, {concurrency} at once", result)
            count = _MOST_CONCURRENT * (2 + share)
            result = bench.run(kind, concurrency=_MOST_CONCURRENT, seconds=_LONG_SECONDS, count=count)
            _print_throughput(f"{kind}, {_LONG_SECONDS:.0f} s, {_MOST_CONCURRENT} at once", result)
            bare, full = (bench.memory[side] for side in _SIDES)
            _row(f"peak memory after {kind} prompts", bare, full, full - bare, unit="MB")
        _row("memory when opened", started["bare"], started["full"], started["full"] - started["bare"], unit="MB")
        print(f"{'':<56}{'':>9}{full:>10.1f}{'':>9} MB in all  aim {_AIMS['memory']:g}")


def _be(part: str, *arguments: str) -> None:
    """Be one of the processes."""
    if part == "upstream":
        _be_upstream()
        return
    address, path = arguments
    if part == "prepare":
        cases = asyncio.run(_prepare(f"{address}/v1"))
        Path(path).write_text(json.dumps(cases), "utf-8")
        for kind in _KINDS:
            told = [case["tokens"] for case in cases[kind]]
            print(f"{len(told)} {kind} prompts of {statistics.mean(told):.0f} tokens", flush=True)
        return
    try:
        from uvloop import new_event_loop
    except ImportError:
        new_event_loop = None
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(_serve(part, f"{address}/v1", json.loads(Path(path).read_text("utf-8"))))


def _be_upstream() -> None:
    import socket

    import uvicorn

    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    # A side keeps its connections while the other one has its turn.
    config = uvicorn.Config(Upstream(), log_level="critical", lifespan="off", access_log=False, timeout_keep_alive=600)
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
