"""The talk with the engine about one prompt: the asking, the repairs, and every try of each, all recorded.

Each call is committed as an attempt before it is made and completed after it, and no database connection is
held while the engine thinks.
"""

import asyncio
from collections.abc import Awaitable, Callable
from random import random

from msgspec import Struct

from refrase.clock import Clock
from refrase.core.attempt import Attempt
from refrase.core.candidate import Candidate
from refrase.core.draft import Case, Draft
from refrase.core.engine import Answer, Call, CallUsage, ChatMessage, Failure, FailureKind
from refrase.core.handle import Handles
from refrase.core.progress import EditWritten, Progress, Repairing, TextWritten, Waiting
from refrase.core.reply import EditDraft, ReplyReader
from refrase.core.rewrite import Finding, Severity
from refrase.core.selection import Selected
from refrase.core.target import Target
from refrase.core.thought import without_thoughts
from refrase.engine.engine import Engine
from refrase.engine.retrying import RetryPolicy
from refrase.instructions import Instructions
from refrase.rendering import Rendering
from refrase.services.asking import Asking, call_tokens, fitted, worst_usd
from refrase.services.budget import Budget, Purse
from refrase.services.desk import Desk, Step

MOST_REPAIRS = 2
TURNS = MOST_REPAIRS + 1
# A reply that may be longer is streamed even if nobody watches: gateways end connections that are silent for long.
_MOST_SILENT_TOKENS = 8_192
# What another engine would not mend.
_OURS = frozenset({FailureKind.CANCELLED, FailureKind.BUDGET_SPENT, FailureKind.TRUNCATED})

Watcher = Callable[[Progress], None]
# The attempt, or None while the first call waits; and whether the rewrite is on record already.
Recorder = Callable[[Attempt | None, bool], Awaitable[None]]
Completer = Callable[[int, Answer], Awaitable[None]]


def unwatched(_progress: Progress) -> None:
    """Nobody watches."""


class Talk(Struct, frozen=True):
    """What is talked about: the case, the target, which rules apply, what code noticed, and how long a reply may be."""

    case: Case
    target: Target
    selected: tuple[Selected, ...]
    noticed: tuple[Finding, ...]
    max_output_tokens: int
    reads_along: bool = True  # somebody reads the text while it is written


class Result(Struct, frozen=True):
    """How a talk ended: a candidate, good or refused by its findings, or the failure of the last call.

    `best` is the candidate of the fewest faults over all turns, for callers who want it all the same.
    """

    answers: tuple[Answer, ...]
    candidate: Candidate | None = None
    best: Candidate | None = None
    advice: tuple[str, ...] = ()
    failure: Failure | None = None
    notes: tuple[Finding, ...] = ()


class Conversation:
    """Holds the talk about one prompt."""

    def __init__(
        self,
        talk: Talk,
        *,
        engines: tuple[Engine, ...],
        budget: Budget | None,
        instructions: Instructions,
        rendering: Rendering,
        desk: Desk,
        policy: RetryPolicy,
        clock: Clock,
        sleep: Callable[[float], Awaitable[None]],
        record: Recorder,
        complete: Completer,
        watch: Watcher,
    ) -> None:
        self._talk = talk
        self._engines = list(engines)  # the first is asked; the others where it fails
        self._purse = Purse(budget)
        self._instructions = instructions
        self._rendering = rendering
        self._desk = desk
        self._policy = policy
        self._clock = clock
        self._sleep = sleep
        self._record = record
        self._complete = complete
        self._watch = watch
        self._is_read_along = talk.reads_along and watch is not unwatched
        self._answers: list[Answer] = []
        self._completing: list[asyncio.Future[None]] = []
        self._notes: list[Finding] = []
        self._is_begun = False
        self._ends_at_seconds = clock.seconds() + policy.deadline_seconds

    async def hold(self) -> Result:
        """Ask, check, and ask for at most two repairs. Never raises for what the engine does.

        The record of the last call may still be under way then: `settle` waits for it.
        """
        try:
            return await self._hold()
        finally:
            await asyncio.shield(self._purse.close())

    async def settle(self) -> None:
        """Return when each call is on record with what became of it."""
        await asyncio.gather(*self._completing)

    async def _hold(self) -> Result:
        talk, case = self._talk, self._talk.case
        quoted = self._instructions.quote(case)
        draft = Draft(case, quoted.handles)
        left_out = self._instructions.left_out(talk.target)
        request = self._instructions.request(
            case, quoted, selected=talk.selected, findings=talk.noticed, left_out=left_out
        )
        messages = [ChatMessage("system", self._instructions.system(talk.target)), ChatMessage("user", request)]
        first = Call(tuple(messages), talk.max_output_tokens)
        if self._purse.is_bound and not await self._purse.open(worst_usd(self._engines[0], first, TURNS)):
            return Result((), failure=self._purse.spent())
        for turn in range(TURNS):
            answer = await self._ask(tuple(messages), turn, draft, quoted.handles)
            is_cut = answer.failure is not None and answer.failure.kind is FailureKind.TRUNCATED
            if answer.failure and not (is_cut and draft.holds(answer.text)):
                return Result(tuple(self._answers), failure=answer.failure, notes=tuple(self._notes))
            await self._take(draft, answer.text)
            if turn == MOST_REPAIRS or not draft.refusals:
                break
            self._watch(Repairing(turn + 1, draft.refusals))
            repair = self._instructions.repair(case, draft, selected=talk.selected)
            said = without_thoughts(answer.text, case.mark) or answer.text
            messages += [ChatMessage("assistant", said), ChatMessage("user", repair)]
        if draft.refusals:
            await self._desk.do(Step.READ, case.prompt.characters, draft.fall_back)
            await self._check_rendering(draft)
        return Result(tuple(self._answers), draft.candidate, draft.best, draft.advice, notes=tuple(self._notes))

    async def _take(self, draft: Draft, text: str) -> None:
        await self._desk.do(Step.READ, self._talk.case.prompt.characters + len(text), draft.take, text)
        await self._check_rendering(draft)

    async def _check_rendering(self, draft: Draft) -> None:
        """Let the engines of the prompt's templates compare what else passes."""
        case = self._talk.case
        if not draft.refusals and draft.candidate.after != case.prompt:
            draft.note(await self._rendering.check(case.prompt, draft.candidate.after, case.terms))

    async def _ask(self, messages: tuple[ChatMessage, ...], turn: int, draft: Draft, handles: Handles) -> Answer:
        """Make one turn's call: again where it failed in passing, on where it was cut, elsewhere where it failed."""
        asking = Asking(self._talk.max_output_tokens)
        while True:
            limit = min(asking.limit_tokens, self._engines[0].identity.max_output_tokens)
            is_streamed = self._is_read_along or limit > _MOST_SILENT_TOKENS
            call = fitted(Call(messages, limit, asking.begun, is_streamed), self._engines[0])
            if asking.reader is None:
                case = self._talk.case
                asking.reader = ReplyReader(case.mark, draft.form, len(case.prompt.messages), handles.expand)
                self._show(asking.reader, asking.begun)
            answer = await self._call(call, turn, asking.reader)
            if answer.failure is None:
                return asking.joined(answer)
            if answer.failure.kind is FailureKind.TRUNCATED and asking.goes_on(answer, self._engines[0]):
                if asking.begins_anew:  # what was shown comes once more
                    self._watch(Waiting(answer.failure.code, answer.failure.message, 0.0))
                continue
            wait_seconds = self._wait_seconds(answer.failure, asking)
            if wait_seconds is None:
                if not self._turns_elsewhere(answer.failure):
                    return asking.joined(answer)
                asking = Asking(self._talk.max_output_tokens)
                continue
            self._watch(Waiting(answer.failure.code, answer.failure.message, wait_seconds))
            await self._sleep(wait_seconds)
            asking.begin_again()

    def _show(self, reader: ReplyReader, text: str) -> None:
        if not self._is_read_along:
            return
        for piece in reader.feed(text):
            self._watch(_progress(piece))

    def _wait_seconds(self, failure: Failure, asking: Asking) -> float | None:
        """Return the wait before the same is asked again; None where it is not, by policy, number or deadline."""
        asking.tries += 1
        if len(self._answers) >= self._policy.most_attempts:
            return None
        wait = self._policy.wait_seconds(failure, asking.tries, random())  # noqa: S311 - jitter
        return None if wait is None or self._clock.seconds() + wait > self._ends_at_seconds else wait

    def _turns_elsewhere(self, failure: Failure) -> bool:
        """Go on with the next engine, if there is one and time and number allow it; the rewrite tells of it."""
        is_over = len(self._answers) >= self._policy.most_attempts or self._clock.seconds() > self._ends_at_seconds
        if len(self._engines) == 1 or is_over or failure.kind in _OURS:
            return False
        failed = self._engines.pop(0).identity
        now = self._engines[0].identity
        told = f"{failed.provider} failed ({failure.code}), so {now.provider} was asked: {now.model}."
        self._notes.append(Finding("engine_fell_back", Severity.WARNING, told, value=f"{now.provider}={now.model}"))
        self._watch(Waiting(failure.code, told, 0.0))
        return True

    async def _call(self, call: Call, turn: int, reader: ReplyReader) -> Answer:
        """Make one call: a place at the gate, money held, the attempt on record, the call, the record complete."""
        engine = self._engines[0]
        worst = worst_usd(engine, call) if self._purse.is_bound else 0.0
        if not self._purse.allows(worst):
            return Answer("", "", CallUsage(), 0.0, failure=self._purse.spent())
        tokens = call_tokens(call) if engine.gate.counts_tokens else 0
        if engine.gate.holds(tokens) and not self._is_begun:
            await self._put_on_record(None)  # so that it is found while it waits
        async with engine.gate.enter(tokens, self._watch) as note:
            if self._clock.seconds() > self._ends_at_seconds:
                told = "The time for this rewrite was over before the provider could be asked."
                return Answer("", "", CallUsage(), 0.0, failure=Failure(FailureKind.TIMEOUT, told, may_retry=False))
            answer = await self._recorded(engine, call, turn, reader, worst)
            note(answer)
        self._purse.pay(answer, worst)
        return answer

    async def _recorded(self, engine: Engine, call: Call, turn: int, reader: ReplyReader, worst_usd: float) -> Answer:
        number = len(self._answers) + 1
        at = engine.identity
        await self._put_on_record(Attempt(number, turn, self._talk.case.mark, self._clock.now(), at.provider, at.model))
        received: list[str] = []
        started = self._clock.seconds()

        def on_delta(delta: str) -> None:
            received.append(delta)
            self._show(reader, delta)

        try:
            answer = await engine.answer(call, on_delta)
        except asyncio.CancelledError:
            failure = Failure(FailureKind.CANCELLED, "The call was cancelled before its reply was complete.")
            seconds = self._clock.seconds() - started
            answer = Answer("".join(received), "", CallUsage(), seconds, failure=failure)
            self._purse.pay(answer, worst_usd)
            await asyncio.shield(self._complete(number, answer))
            raise
        self._answers.append(answer)
        # The reply is on its way to the record while it is read.
        self._completing.append(asyncio.ensure_future(self._complete(number, answer)))
        return answer

    async def _put_on_record(self, attempt: Attempt | None) -> None:
        await self._record(attempt, self._is_begun)
        self._is_begun = True


def _progress(piece: TextWritten | EditDraft) -> Progress:
    return piece if isinstance(piece, TextWritten) else EditWritten(piece.old, piece.new, piece.rule, piece.reason)
