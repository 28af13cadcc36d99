"""The processes that templates are rendered in: one for all, ended with its user, started again when killed."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

import pytest

from refrase.core.prompt import prompt_from_text
from refrase.core.syntax import Syntax
from refrase.core.terms import Terms
from refrase.rendering import Rendering
from tests.renderings import LOOP_OF_JINJA, STOPPED, check, told

pytestmark = pytest.mark.anyio


def processes_of(parent: int) -> list[int]:
    """Return the processes that *parent* has started and that are still there, zombies too."""
    return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


needs_proc = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="processes are looked for in /proc")


async def until(is_so: Callable[[], bool]) -> None:
    for _ in range(200):
        if is_so():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it did not come to that")


async def ask(rendering: Rendering) -> list[str]:
    terms = Terms(frozenset({Syntax.FORMAT}))
    return told(await rendering.check(prompt_from_text("{a}"), prompt_from_text("{b}"), terms))


ANSWER = ["template_value_invented b", "template_value_lost a"]


@needs_proc
async def test_one_process_serves_all_questions_keeps_no_child_and_ends_with_its_user():
    before = processes_of(os.getpid())
    async with aclosing(Rendering()) as rendering:
        assert processes_of(os.getpid()) == before
        assert await asyncio.gather(*(ask(rendering) for _ in range(5))) == [ANSWER] * 5
        (server,) = set(processes_of(os.getpid())) - set(before)
        await until(lambda: processes_of(server) == [])
        assert await ask(rendering) == ANSWER
        assert set(processes_of(os.getpid())) - set(before) == {server}
    assert processes_of(os.getpid()) == before


@needs_proc
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_a_server_that_is_killed_is_started_again_and_no_question_is_lost(number):
    before = set(processes_of(os.getpid()))
    async with aclosing(Rendering()) as rendering:
        assert await ask(rendering) == ANSWER
        (server,) = set(processes_of(os.getpid())) - before
        os.kill(server, number)
        assert await asyncio.gather(*(ask(rendering) for _ in range(5))) == [ANSWER] * 5
        (other,) = set(processes_of(os.getpid())) - before
        assert other != server


@needs_proc
async def test_what_takes_too_long_is_ended_and_the_server_stays():
    before = set(processes_of(os.getpid()))
    loop = prompt_from_text(LOOP_OF_JINJA)
    async with aclosing(Rendering(longest_seconds=1.0)) as rendering:
        assert await ask(rendering) == ANSWER
        (server,) = set(processes_of(os.getpid())) - before
        terms = Terms(frozenset({Syntax.JINJA}))
        (finding,) = await rendering.check(prompt_from_text("{{ a }}"), loop, terms)
        assert "rendering it takes too" in finding.message
        await until(lambda: processes_of(server) == [])
        assert await ask(rendering) == ANSWER
        assert set(processes_of(os.getpid())) - before == {server}


@needs_proc
async def test_a_server_ends_when_its_user_is_killed():
    program = """
import asyncio, os
from refrase.core.prompt import prompt_from_text
from refrase.core.terms import Terms
from refrase.rendering import Rendering
rendering = Rendering()
asyncio.run(rendering.check(prompt_from_text("{name} a"), prompt_from_text("{name} b"), Terms()))
print(open(f"/proc/self/task/{os.getpid()}/children").read(), flush=True)
os.kill(os.getpid(), 9)
"""
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    (server,) = done.stdout.split()
    await until(lambda: not Path(f"/proc/{server}/cmdline").exists() or not Path(f"/proc/{server}/cmdline").read_text())


async def test_without_forks_each_question_has_a_process_of_its_own(empty_folder):
    assert await check("format", "{a}", "{b}", forks=False) != ()
    (finding,) = await check("jinja", "{{ a }}", LOOP_OF_JINJA, forks=False, longest_seconds=1.0)
    assert "rendering it takes too" in finding.message
    (finding,) = await check("jinja", "{{ a }}", "{{ 'x' * 10**12 }}{{ a }}", forks=False)
    assert finding.kind in STOPPED


async def test_more_texts_than_may_be_rendered_at_once_wait_for_each_other(empty_folder):
    terms = Terms(frozenset({Syntax.FORMAT}))
    pairs = [(prompt_from_text(f"{{a{number}}}"), prompt_from_text("{b}")) for number in range(6)]
    async with aclosing(Rendering(most_at_once=1)) as rendering:
        seen = await asyncio.gather(*(rendering.check(before, after, terms) for before, after in pairs))
    assert [told(findings) for findings in seen] == [
        ["template_value_invented b", f"template_value_lost a{number}"] for number in range(6)
    ]
