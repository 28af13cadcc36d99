"""The use case itself: a prompt goes in, a Rewrite comes out, and whatever was paid for is on record."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial

import msgspec

from refrase.clock import Clock
from refrase.core.attempt import Attempt, total_usage
from refrase.core.call_check import check_call
from refrase.core.draft import Draft
from refrase.core.engine import Answer, Failure, FailureKind
from refrase.core.feature import check_features
from refrase.core.fit import check_fit
from refrase.core.handle import Handles
from refrase.core.ledger import Ledger
from refrase.core.notice import notice
from refrase.core.progress import Finished, Started
from refrase.core.rewrite import (
    OFFLINE_NOTICE,
    EngineChoice,
    Finding,
    Order,
    Outcome,
    Rewrite,
    Severity,
    Usage,
)
from refrase.core.verdict import answered_by, failed, judged
from refrase.engine.retrying import RetryPolicy
from refrase.errors import StorageFailed
from refrase.instructions import Instructions
from refrase.rendering import Rendering
from refrase.services.budget import Budget
from refrase.services.conversation import Conversation, Result, Talk, Watcher, unwatched
from refrase.services.desk import Desk, Step
from refrase.services.engines import Engines
from refrase.services.plan import Intake, Plan, Planner
from refrase.storage.rewrites import Rewrites


class Rewriter:
    """Rewrites one prompt for one target."""

    def __init__(
        self,
        *,
        planner: Planner,
        instructions: Instructions,
        rewrites: Rewrites,
        engines: Engines,
        rendering: Rendering,
        desk: Desk,
        policy: RetryPolicy,
        clock: Clock,
        sleep: Callable[[float], Awaitable[None]],
        draw_id: Callable[[], str],
    ) -> None:
        self._planner = planner
        self._instructions = instructions
        self._rewrites = rewrites
        self._engines = engines
        self._rendering = rendering
        self._desk = desk
        self._policy = policy
        self._clock = clock
        self._sleep = sleep
        self._draw_id = draw_id
        self._flights: dict[str, asyncio.Future[Rewrite]] = {}

    async def rewrite(self, order: Order, watch: Watcher = unwatched, budget: Budget | None = None) -> Rewrite:
        """Rewrite the prompt of *order*, or hand back what was made of an equal request before.

        *watch* is told of the progress and last of the result; *budget* is what many rewrites share. Raises
        BadInput for what cannot be rewritten, EngineNotConfigured before anything is stored, and StorageFailed
        where no record could be made before a call. What the engine does wrong is no error here: it is the
        outcome, with its reason.
        """
        return await self.carry_out(self._planner.take(order, is_budgeted=budget is not None), watch, budget)

    async def carry_out(self, intake: Intake, watch: Watcher = unwatched, budget: Budget | None = None) -> Rewrite:
        """Do what was taken in, or planned. An equal request that is under way is waited for. Raises as `rewrite`."""
        rewrite = await (self._make if intake.order.is_fresh else self._share)(intake, watch, budget)
        # The request is for this caller’s call, also where the text was written for another one.
        rewrite = msgspec.structs.replace(rewrite, request=intake.request)
        watch(Finished(rewrite))
        return rewrite

    async def _share(self, intake: Intake, watch: Watcher, budget: Budget | None) -> Rewrite:
        """Return what an equal request made, before or just now; else make it, for all who ask meanwhile."""
        while flight := self._flights.get(intake.fingerprint):
            await asyncio.wait([flight])
            # A budget is its owner’s: who waited for it has one of their own, or none.
            if not flight.cancelled() and not _is_out_of_budget(flight.result()):
                return msgspec.structs.replace(flight.result(), is_joined=True)
        flight = self._flights[intake.fingerprint] = asyncio.get_running_loop().create_future()
        try:
            done = await self._rewrites.find_done(intake.fingerprint)
            if done is not None:
                rewrite = msgspec.structs.replace(done, is_reused=True)
            else:
                rewrite = await self._make(intake, watch, budget)
            flight.set_result(rewrite)
            return rewrite
        finally:
            del self._flights[intake.fingerprint]
            flight.cancel()  # does nothing where there is a result; else the others try for themselves

    async def _make(self, intake: Intake, watch: Watcher, budget: Budget | None) -> Rewrite:
        plan = intake if isinstance(intake, Plan) else await self._planner.read(intake)
        if plan.order.engine is EngineChoice.OFFLINE:
            return await self._fix(plan)
        own = Budget(plan.order.budget_usd) if plan.order.budget_usd is not None else None
        return await self._ask(plan, watch, budget or own)

    async def _fix(self, plan: Plan) -> Rewrite:
        rewrite = self._begun(plan, self._clock.now(), notice=OFFLINE_NOTICE)
        draft = Draft(plan.case, Handles(plan.case.mark))
        await self._desk.do(Step.READ, plan.order.prompt.characters, self._propose, draft, plan)
        if not draft.refusals and draft.candidate.after != plan.order.prompt:
            draft.note(await self._rendering.check(plan.order.prompt, draft.candidate.after, plan.order.terms))
        fixed = judged(rewrite, draft.candidate, Outcome.FIXED, draft.best if plan.order.accepts_warnings else None)
        return await self._finish(fixed, plan, Usage(), self._clock.now())

    def _propose(self, draft: Draft, plan: Plan) -> None:
        draft.propose(self._engines.offline.fix(plan.order.prompt, plan.selected, plan.case.kept))

    async def _ask(self, plan: Plan, watch: Watcher, budget: Budget | None) -> Rewrite:
        rewrite = self._begun(plan, self._clock.now())
        conversation = Conversation(
            Talk(
                case=plan.case,
                target=plan.target,
                selected=plan.selected,
                noticed=plan.noticed,
                max_output_tokens=plan.provenance.parameters["max_output_tokens"],
                reads_along=plan.order.reads_along,
            ),
            engines=self._engines.chain,
            budget=budget,
            instructions=self._instructions,
            rendering=self._rendering,
            desk=self._desk,
            policy=self._policy,
            clock=self._clock,
            sleep=self._sleep,
            record=partial(self._record, rewrite, plan, watch),
            complete=partial(self._complete, rewrite.id),
            watch=watch,
        )
        try:
            return await self._conclude(conversation, rewrite, plan)
        finally:
            await asyncio.shield(conversation.settle())

    async def _conclude(self, conversation: Conversation, rewrite: Rewrite, plan: Plan) -> Rewrite:
        started_seconds = self._clock.seconds()
        try:
            result = await conversation.hold()
        except asyncio.CancelledError:
            failure = Failure(FailureKind.CANCELLED, "The rewrite was cancelled.")
            await asyncio.shield(self._finish(failed(rewrite, failure), plan, Usage(), self._clock.now()))
            raise
        usage = total_usage(result.answers, self._clock.seconds() - started_seconds)
        concluded = _concluded(rewrite, result, accepts_warnings=plan.order.accepts_warnings)
        return await self._finish(concluded, plan, usage, self._clock.now())

    def _begun(self, plan: Plan, started_at: datetime, notice: str = "") -> Rewrite:
        return Rewrite(
            id=self._draw_id(),
            name=plan.order.name,
            outcome=Outcome.RUNNING,
            before=plan.order.prompt,
            after=plan.order.prompt,
            reason=None,
            changes=(),
            findings=(),
            ledger=Ledger(),
            settings=plan.target.settings,
            request=plan.request,
            conditions=plan.order.conditions,
            advice=(),
            usage=Usage(),
            provenance=plan.provenance,
            created_at=started_at,
            finished_at=None,
            notice=notice,
        )

    async def _record(
        self, rewrite: Rewrite, plan: Plan, watch: Watcher, attempt: Attempt | None, is_begun: bool
    ) -> None:
        if not is_begun:
            await self._rewrites.begin(rewrite, plan.fingerprint, attempt)
            watch(Started(rewrite.id))
        elif attempt is not None:
            await self._rewrites.begin_attempt(rewrite.id, attempt)

    async def _complete(self, rewrite_id: str, number: int, answer: Answer) -> None:
        try:
            await self._rewrites.finish_attempt(rewrite_id, number, answer, self._clock.now())
        except StorageFailed:
            # The reply is paid for and in hand: it goes on, and `_finish` tells that the record lags behind.
            return

    async def _finish(self, rewrite: Rewrite, plan: Plan, usage: Usage, finished_at: datetime) -> Rewrite:
        findings = (
            *rewrite.findings,
            *plan.notes,
            *(
                msgspec.structs.replace(item, before=None, after=item.before)
                for item in (*await self._notice(rewrite, plan), *check_fit(rewrite.after, plan.target.model))
            ),
            *check_features(plan.target.model, plan.order.call, plan.order.terms.tools),
            *check_call(plan.order.call, plan.target.rules),
        )
        rewrite = msgspec.structs.replace(rewrite, findings=findings, usage=usage, finished_at=finished_at)
        rewrite = msgspec.structs.replace(rewrite, answered_by=answered_by(rewrite))
        try:
            await self._rewrites.finish(rewrite, plan.fingerprint)
        except StorageFailed as error:
            lost = Finding("not_stored", Severity.WARNING, f"The result could not be stored. {error.detail}")
            return msgspec.structs.replace(rewrite, findings=(*rewrite.findings, lost))
        return rewrite

    async def _notice(self, rewrite: Rewrite, plan: Plan) -> tuple[Finding, ...]:
        """Return what the guide's checks find in the result."""
        if rewrite.after == plan.order.prompt:
            return plan.noticed
        return (await self._desk.do(Step.FINISH, rewrite.after.characters, notice, rewrite.after, plan.rules)).findings


def _is_out_of_budget(rewrite: Rewrite) -> bool:
    return rewrite.reason is not None and rewrite.reason.code == Failure(FailureKind.BUDGET_SPENT, "").code


def _concluded(rewrite: Rewrite, result: Result, *, accepts_warnings: bool) -> Rewrite:
    answered = result.answers[-1].model if result.answers else ""
    provenance = msgspec.structs.replace(rewrite.provenance, engine_model_answered=answered)
    rewrite = msgspec.structs.replace(rewrite, provenance=provenance, advice=result.advice)
    if result.failure or result.candidate is None:
        concluded = failed(rewrite, result.failure or Failure(FailureKind.EMPTY, "The engine gave no reply."))
    else:
        flagged = result.best if accepts_warnings else None
        concluded = judged(rewrite, result.candidate, Outcome.REWRITTEN, flagged)
    return msgspec.structs.replace(concluded, findings=(*concluded.findings, *result.notes))
