"""The use case itself: a prompt goes in, a Rewrite comes out, and whatever was paid for is on record."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from importlib.metadata import version

import msgspec
from msgspec import Struct

from refrase.clock import Clock
from refrase.core.attempt import Attempt, total_usage
from refrase.core.candidate import Candidate
from refrase.core.engine import Answer, EngineIdentity, Failure, FailureKind
from refrase.core.fidelity import check_fidelity
from refrase.core.fingerprint import fingerprint_of
from refrase.core.guide import Rule
from refrase.core.likeness import check_likeness
from refrase.core.lint import check_rules
from refrase.core.progress import Finished, Progress, Started
from refrase.core.prompt import Prompt, check_prompt
from refrase.core.rewrite import (
    OFFLINE_NOTICE,
    EngineChoice,
    Finding,
    Form,
    Mode,
    Order,
    Outcome,
    Provenance,
    Rewrite,
    Severity,
    Usage,
)
from refrase.core.selection import Selected, select_rules
from refrase.core.target import Target
from refrase.core.verdict import failed, judged
from refrase.engine.offline import OfflineEngine
from refrase.engine.openai_engine import OpenAIEngine
from refrase.engine.retrying import RetryPolicy
from refrase.errors import EngineNotConfigured, StorageFailed
from refrase.guidebook import Guidebook
from refrase.instructions import Instructions
from refrase.services.conversation import Conversation, Result, Talk, Watcher, in_thread_if_long
from refrase.storage.rewrites import Rewrites

# Below this a whole text costs hardly more than edits, which quote what they change. A choice, not a measurement.
_SHORT_CHARACTERS = 400
# Room for the account of changes, beside the text itself.
_ACCOUNT_TOKENS = 4_000


class Plan(Struct, frozen=True):
    """Everything known about an order before anybody is asked."""

    order: Order
    target: Target
    selected: tuple[Selected, ...]
    noticed: tuple[Finding, ...]
    provenance: Provenance
    fingerprint: str

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The guide's rules that apply to the prompt."""
        return tuple(item.rule for item in self.selected if item.applies)


def _unwatched(_progress: Progress) -> None:
    """Nobody watches."""


class Rewriter:
    """Rewrites one prompt for one target."""

    def __init__(
        self,
        *,
        guidebook: Guidebook,
        instructions: Instructions,
        rewrites: Rewrites,
        engine: OpenAIEngine | EngineNotConfigured,
        offline: OfflineEngine,
        policy: RetryPolicy,
        max_prompt_bytes: int,
        clock: Clock,
        sleep: Callable[[float], Awaitable[None]],
        draw_id: Callable[[], str],
        draw_mark: Callable[[], str],
    ) -> None:
        self._guidebook = guidebook
        self._instructions = instructions
        self._rewrites = rewrites
        self._engine = engine
        self._offline = offline
        self._policy = policy
        self._max_prompt_bytes = max_prompt_bytes
        self._clock = clock
        self._sleep = sleep
        self._draw_id = draw_id
        self._draw_mark = draw_mark

    async def rewrite(self, order: Order, watch: Watcher = _unwatched) -> Rewrite:
        """Rewrite the prompt of *order*, or hand back what was made of an equal request before.

        *watch* is told of the progress and last of the result. Raises BadInput for what cannot be rewritten,
        EngineNotConfigured before anything is stored, and StorageFailed where no record could be made before
        a call. What the engine does wrong is no error here: it is the outcome, with its reason.
        """
        return await self.carry_out(await self.plan(order), watch)

    async def carry_out(self, plan: Plan, watch: Watcher = _unwatched) -> Rewrite:
        """Do what was planned. Raises StorageFailed as `rewrite` does."""
        order = plan.order
        rewrite = None if order.is_fresh else await self._find_done(plan)
        if rewrite is None:
            if order.engine is EngineChoice.OFFLINE:
                rewrite = await self._fix(order, plan)
            else:
                rewrite = await self._ask(order, plan, watch)
        watch(Finished(rewrite))
        return rewrite

    def check_options(self, target: str, engine: EngineChoice) -> Target:
        """Return the target of that name. Raises TargetNotFound, and EngineNotConfigured where *engine* is missing."""
        self._identity(engine)
        return self._guidebook.get_target(target)

    async def plan(self, order: Order) -> Plan:
        """Refuse what cannot be rewritten, before anything is stored or paid. Raises as `rewrite` does."""
        target = self._guidebook.get_target(order.target)
        check_prompt(order.prompt, max_prompt_bytes=self._max_prompt_bytes)
        identity = self._identity(order.engine)
        return await in_thread_if_long(order.prompt.characters, self._look_at, order, target, identity)

    def _look_at(self, order: Order, target: Target, identity: EngineIdentity) -> Plan:
        selected = select_rules(target, order.prompt)
        form = form_for(order.prompt, order.mode)
        parameters = dict(identity.parameters)
        if order.engine is EngineChoice.MODEL:
            parameters["max_output_tokens"] = _max_output_tokens(order.prompt, identity)
        provenance = Provenance(
            target=target.id,
            guide=target.guide.id,
            guide_version=target.guide.version,
            template_version=self._instructions.version if order.engine is EngineChoice.MODEL else "",
            engine=order.engine,
            mode=order.mode,
            form=form,
            provider=identity.provider,
            engine_model=identity.model,
            parameters=parameters,
            refrase_version=version("refrase"),
        )
        return Plan(
            order=order,
            target=target,
            selected=selected,
            noticed=check_rules(order.prompt, [item.rule for item in selected if item.applies]),
            provenance=provenance,
            fingerprint=fingerprint_of(order.prompt, provenance),
        )

    def _identity(self, choice: EngineChoice) -> EngineIdentity:
        return self._offline.identity if choice is EngineChoice.OFFLINE else self._configured_engine().identity

    def _configured_engine(self) -> OpenAIEngine:
        if isinstance(self._engine, EngineNotConfigured):
            raise EngineNotConfigured(self._engine.detail, hint=self._engine.hint)
        return self._engine

    async def _find_done(self, plan: Plan) -> Rewrite | None:
        done = await self._rewrites.find_done(plan.fingerprint)
        return done and msgspec.structs.replace(done, is_reused=True)

    async def _fix(self, order: Order, plan: Plan) -> Rewrite:
        rewrite = self._begun(order, plan, self._clock.now(), notice=OFFLINE_NOTICE)
        candidate = await in_thread_if_long(order.prompt.characters, self._fixed, order, plan)
        return await self._finish(judged(rewrite, candidate, Outcome.FIXED), plan, Usage(), self._clock.now())

    def _fixed(self, order: Order, plan: Plan) -> Candidate:
        candidate = self._offline.fix(order.prompt, plan.selected)
        findings = candidate.findings + check_fidelity(order.prompt, candidate.after)
        findings += check_likeness(order.prompt, candidate.after, order.mode)
        return Candidate(candidate.after, candidate.changes, findings)

    async def _ask(self, order: Order, plan: Plan, watch: Watcher) -> Rewrite:
        rewrite = self._begun(order, plan, self._clock.now())
        started_seconds = self._clock.seconds()
        conversation = Conversation(
            Talk(
                prompt=order.prompt,
                target=plan.target,
                selected=plan.selected,
                noticed=plan.noticed,
                mode=order.mode,
                form=plan.provenance.form,
                mark=self._mark_for(order.prompt),
                max_output_tokens=plan.provenance.parameters["max_output_tokens"],
            ),
            engine=self._configured_engine(),
            instructions=self._instructions,
            policy=self._policy,
            clock=self._clock,
            sleep=self._sleep,
            record=partial(self._record, rewrite, plan, watch),
            complete=partial(self._complete, rewrite.id),
            watch=watch,
        )
        try:
            result = await conversation.hold()
        except asyncio.CancelledError:
            failure = Failure(FailureKind.CANCELLED, "The rewrite was cancelled.")
            await asyncio.shield(self._finish(failed(rewrite, failure), plan, Usage(), self._clock.now()))
            raise
        usage = total_usage(result.answers, self._clock.seconds() - started_seconds)
        return await self._finish(_concluded(rewrite, result), plan, usage, self._clock.now())

    def _begun(self, order: Order, plan: Plan, started_at: datetime, notice: str = "") -> Rewrite:
        return Rewrite(
            id=self._draw_id(),
            name=order.name,
            outcome=Outcome.RUNNING,
            before=order.prompt,
            after=order.prompt,
            reason=None,
            changes=(),
            findings=(),
            settings=plan.target.settings,
            advice=(),
            usage=Usage(),
            provenance=plan.provenance,
            created_at=started_at,
            finished_at=None,
            notice=notice,
        )

    async def _record(self, rewrite: Rewrite, plan: Plan, watch: Watcher, attempt: Attempt) -> None:
        if attempt.number == 1:
            await self._rewrites.begin(rewrite, plan.fingerprint, attempt)
            watch(Started(rewrite.id))
        else:
            await self._rewrites.begin_attempt(rewrite.id, attempt)

    async def _complete(self, rewrite_id: str, number: int, answer: Answer) -> None:
        try:
            await self._rewrites.finish_attempt(rewrite_id, number, answer, self._clock.now())
        except StorageFailed:
            # The reply is paid for and in hand: it goes on, and `_finish` tells that the record lags behind.
            return

    async def _finish(self, rewrite: Rewrite, plan: Plan, usage: Usage, finished_at: datetime) -> Rewrite:
        noticed = await in_thread_if_long(rewrite.after.characters, check_rules, rewrite.after, plan.rules)
        findings = rewrite.findings + tuple(
            msgspec.structs.replace(item, before=None, after=item.before) for item in noticed
        )
        rewrite = msgspec.structs.replace(rewrite, findings=findings, usage=usage, finished_at=finished_at)
        try:
            await self._rewrites.finish(rewrite, plan.fingerprint)
        except StorageFailed as error:
            lost = Finding("not_stored", Severity.WARNING, f"The result could not be stored. {error.detail}")
            return msgspec.structs.replace(rewrite, findings=(*rewrite.findings, lost))
        return rewrite

    def _mark_for(self, prompt: Prompt) -> str:
        while any((mark := self._draw_mark()) in text for text in prompt.texts):
            pass
        return mark


def form_for(prompt: Prompt, mode: Mode) -> Form:
    """Return the form of reply to ask for: edits, but the whole text of short prompts and in the bold mode."""
    return Form.WHOLE if mode is Mode.BOLD or prompt.characters < _SHORT_CHARACTERS else Form.EDITS


def _max_output_tokens(prompt: Prompt, identity: EngineIdentity) -> int:
    """Return the limit to ask for: no language known to us needs more than a token for two bytes."""
    size_bytes = sum(len(text.encode()) for text in prompt.texts)
    return min(identity.max_output_tokens, _ACCOUNT_TOKENS + size_bytes // 2)


def _concluded(rewrite: Rewrite, result: Result) -> Rewrite:
    answered = result.answers[-1].model if result.answers else ""
    provenance = msgspec.structs.replace(rewrite.provenance, engine_model_answered=answered)
    rewrite = msgspec.structs.replace(rewrite, provenance=provenance, advice=result.advice)
    if result.failure or result.candidate is None:
        return failed(rewrite, result.failure or Failure(FailureKind.EMPTY, "The engine gave no reply."))
    return judged(rewrite, result.candidate, Outcome.REWRITTEN)
