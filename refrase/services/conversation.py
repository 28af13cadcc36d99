"""The talk with the engine about one prompt: the asking, the repairs, and every try of each, all recorded.

Each call is committed as an attempt before it is made and completed after it, and no database connection is
held while the engine thinks.
"""

import asyncio
from collections.abc import Awaitable, Callable
from random import random
from typing import ParamSpec, TypeVar

from msgspec import Struct

from refrase.clock import Clock
from refrase.core.attempt import Attempt
from refrase.core.candidate import Candidate, candidate_from_reply
from refrase.core.engine import Answer, Call, CallUsage, ChatMessage, Failure, FailureKind
from refrase.core.fidelity import check_fidelity
from refrase.core.likeness import check_likeness
from refrase.core.progress import EditWritten, Progress, Repairing, TextWritten, Waiting
from refrase.core.prompt import Prompt
from refrase.core.reply import EditDraft, ReplyReader, parse_reply
from refrase.core.rewrite import Finding, Form, Mode, Severity, blocks
from refrase.core.selection import Selected
from refrase.core.target import Target
from refrase.engine.openai_engine import OpenAIEngine
from refrase.engine.retrying import RetryPolicy
from refrase.instructions import Instructions

MOST_REPAIRS = 2
_LONG_CHARACTERS = 20_000

P = ParamSpec("P")
T = TypeVar("T")
Watcher = Callable[[Progress], None]
Recorder = Callable[[Attempt], Awaitable[None]]
Completer = Callable[[int, Answer], Awaitable[None]]


class Talk(Struct, frozen=True):
    """What is talked about: the prompt, its target, which rules apply, what code noticed, and in which form."""

    prompt: Prompt
    target: Target
    selected: tuple[Selected, ...]
    noticed: tuple[Finding, ...]
    mode: Mode
    form: Form
    mark: str
    max_output_tokens: int

    @property
    def rule_ids(self) -> frozenset[str]:
        """The ids that a change may cite."""
        return frozenset(rule.id for rule in self.target.rules)


class Result(Struct, frozen=True):
    """How a talk ended: a candidate, good or refused by its findings, or the failure of the last call."""

    answers: tuple[Answer, ...]
    candidate: Candidate | None = None
    advice: tuple[str, ...] = ()
    failure: Failure | None = None


class Conversation:
    """Holds the talk about one prompt."""

    def __init__(
        self,
        talk: Talk,
        *,
        engine: OpenAIEngine,
        instructions: Instructions,
        policy: RetryPolicy,
        clock: Clock,
        sleep: Callable[[float], Awaitable[None]],
        record: Recorder,
        complete: Completer,
        watch: Watcher,
    ) -> None:
        self._talk = talk
        self._engine = engine
        self._instructions = instructions
        self._policy = policy
        self._clock = clock
        self._sleep = sleep
        self._record = record
        self._complete = complete
        self._watch = watch
        self._answers: list[Answer] = []

    async def hold(self) -> Result:
        """Ask, check, and ask for at most two repairs. Never raises for what the engine does."""
        talk = self._talk
        request = self._instructions.request(
            talk.prompt, selected=talk.selected, findings=talk.noticed, mode=talk.mode, form=talk.form, mark=talk.mark
        )
        messages = [ChatMessage("system", self._instructions.system(talk.target)), ChatMessage("user", request)]
        turn = 0
        while True:
            answer = await self._ask(tuple(messages), turn)
            if answer.failure:
                return Result(tuple(self._answers), failure=answer.failure)
            candidate, advice = await self._judge(answer.text)
            if turn == MOST_REPAIRS or not blocks(candidate.findings):
                return Result(tuple(self._answers), candidate, advice)
            turn += 1
            refused = tuple(finding for finding in candidate.findings if finding.severity is Severity.BLOCKING)
            self._watch(Repairing(turn, refused))
            repair = self._instructions.repair(
                talk.prompt, selected=talk.selected, findings=refused, form=talk.form, mark=talk.mark
            )
            messages += [ChatMessage("assistant", answer.text), ChatMessage("user", repair)]

    async def _ask(self, messages: tuple[ChatMessage, ...], turn: int) -> Answer:
        """Make one turn's call, again where it failed in passing; every try is an attempt of its own."""
        tries = 0
        while True:
            tries += 1
            answer = await self._call(Call(messages, self._talk.max_output_tokens), turn)
            if answer.failure is None:
                return answer
            wait_seconds = self._policy.wait_seconds(answer.failure, tries, random())  # noqa: S311 - jitter
            if wait_seconds is None:
                return answer
            self._watch(Waiting(answer.failure.code, answer.failure.message, wait_seconds))
            await self._sleep(wait_seconds)

    async def _call(self, call: Call, turn: int) -> Answer:
        number = len(self._answers) + 1
        await self._record(Attempt(number, turn, self._talk.mark, self._clock.now()))
        reader = ReplyReader(self._talk.mark, self._talk.form, len(self._talk.prompt.messages))
        received: list[str] = []
        started = self._clock.seconds()

        def on_delta(delta: str) -> None:
            received.append(delta)
            for piece in reader.feed(delta):
                self._watch(_progress(piece))

        try:
            answer = await self._engine.answer(call, on_delta)
        except asyncio.CancelledError:
            failure = Failure(FailureKind.CANCELLED, "The call was cancelled before its reply was complete.")
            seconds = self._clock.seconds() - started
            answer = Answer("".join(received), "", CallUsage(), seconds, failure=failure)
            await asyncio.shield(self._complete(number, answer))
            raise
        self._answers.append(answer)
        await self._complete(number, answer)
        return answer

    async def _judge(self, text: str) -> tuple[Candidate, tuple[str, ...]]:
        return await in_thread_if_long(self._talk.prompt.characters + len(text), judge, text, self._talk)


async def in_thread_if_long(characters: int, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do *work* on a text of that many characters; on a long one in a thread, so that others are served meanwhile."""
    if characters > _LONG_CHARACTERS:
        return await asyncio.to_thread(work, *args, **kwargs)
    return work(*args, **kwargs)


def judge(text: str, talk: Talk) -> tuple[Candidate, tuple[str, ...]]:
    """Read a reply, build its candidate and compare it with the original. Returns it with the engine's advice."""
    reply = parse_reply(text, talk.mark, talk.form, len(talk.prompt.messages))
    candidate = candidate_from_reply(talk.prompt, reply, talk.form, talk.rule_ids)
    findings = candidate.findings
    # A form that could not be read says nothing about the text; its own findings are the repair.
    if not blocks(findings):
        findings += check_fidelity(talk.prompt, candidate.after) + check_likeness(
            talk.prompt, candidate.after, talk.mode
        )
    return Candidate(candidate.after, candidate.changes, findings), reply.advice


def _progress(piece: TextWritten | EditDraft) -> Progress:
    return piece if isinstance(piece, TextWritten) else EditWritten(piece.old, piece.new, piece.rule, piece.reason)
