"""A run over a library: every prompt through the same Rewriter, every file written last and whole.

Resuming needs no book of its own: a prompt that is done is found in storage by its fingerprint and paid for once.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable

import msgspec
from msgspec import Struct

from refrase.clock import Clock
from refrase.core.engine import Failure, FailureKind
from refrase.core.prompt import Prompt
from refrase.core.request import TodaysCall
from refrase.core.rewrite import OFFLINE_NOTICE, EngineChoice, Mode, Order, Outcome, Reason, Rewrite
from refrase.core.run import Item, RunReport
from refrase.core.terms import Terms
from refrase.errors import BadInput, OutputRefused, RefraseError, StorageFailed, code_of
from refrase.library.document import Slot
from refrase.library.files import write_atomically
from refrase.services.budget import Budget
from refrase.services.conversation import Watcher, unwatched
from refrase.services.library_plan import REPORT_NAME, LibraryPlan, PlannedFile, check_destination, hash_of
from refrase.services.plan import Planner
from refrase.services.rewriting import Rewriter

# A wrong key or a spent quota would fail every other prompt alike, and so would what has failed many in a row.
_STOPS_AFTER = {failure.code: failure.stops_run_after for failure in (Failure(kind, "") for kind in FailureKind)}


class BatchOptions(Struct, frozen=True):
    """How a run is made."""

    target: str
    engine: EngineChoice = EngineChoice.MODEL
    mode: Mode = Mode.CONSERVATIVE
    concurrency: int = 8
    is_fresh: bool = False
    overwrites: bool = False
    terms: Terms = Terms()
    accepts_warnings: bool = False
    budget_usd: float | None = None  # of the whole run
    call: TodaysCall | None = None  # how every prompt is called today


class BatchRunner:
    """Runs a plan. `stop` lets what is being paid for end and begins nothing more."""

    def __init__(self, planner: Planner, rewriter: Rewriter, clock: Clock) -> None:
        self._planner = planner
        self._rewriter = rewriter
        self._clock = clock
        self._stopped: Reason | None = None

    def stop(self, reason: Reason) -> None:
        """Begin no further prompt."""
        self._stopped = self._stopped or reason

    async def run(
        self, plan: LibraryPlan, options: BatchOptions, on_item: Callable[[Item], None], watch: Watcher = unwatched
    ) -> RunReport:
        """Rewrite every prompt of *plan*; *on_item* is told of each as it is done, *watch* of the progress of all.

        Raises EngineNotConfigured, BudgetWithoutPrice and TargetNotFound before anything is done. A prompt that
        fails keeps its original text in the result; a file with prompts left out is not written.
        """
        target = self._planner.check_options(options.target, options.engine, is_budgeted=options.budget_usd is not None)
        started_at = self._clock.now()
        run = _Run(plan, options, on_item, watch)
        for item in plan.unreadable:
            on_item(item)
        workers = [self._work(run) for _ in range(options.concurrency)]
        await asyncio.gather(*workers)
        report = RunReport(
            target=target.id,
            engine=options.engine,
            started_at=started_at,
            finished_at=self._clock.now(),
            items=(*plan.unreadable, *(run.items[key] for key in run.order)),
            files=plan.earlier | run.written,
            passed_over=plan.passed_over,
            stopped=self._stopped,
            notice=OFFLINE_NOTICE if options.engine is EngineChoice.OFFLINE else "",
            request=self._planner.request(target, options.call),
        )
        data = msgspec.json.format(msgspec.json.encode(report), indent=1)
        await asyncio.to_thread(write_atomically, plan.folder / REPORT_NAME, data)
        return report

    async def _work(self, run: "_Run") -> None:
        while run.waiting and self._stopped is None:
            file, slot = run.waiting.pop()
            item, rewrite = await self._do(run, file, slot)
            await run.done(file, slot, item, rewrite)

    async def _do(self, run: "_Run", file: PlannedFile, slot: Slot) -> tuple[Item, Rewrite | None]:
        item = Item(file.name, slot.name)
        if slot.fault:
            reason = Reason("record_invalid", slot.fault)
            return msgspec.structs.replace(item, status=Outcome.FAILED, reason=reason), None
        options = run.options
        order = Order(
            prompt=slot.prompt,
            target=options.target,
            engine=options.engine,
            mode=options.mode,
            is_fresh=options.is_fresh,
            name=item.name,
            terms=options.terms,
            accepts_warnings=options.accepts_warnings,
            call=options.call,
            reads_along=False,
        )
        try:
            # Equal prompts wait for each other, so that the second one is found in storage.
            async with run.locks[slot.prompt]:
                rewrite = await self._rewriter.rewrite(order, run.watch, run.budget)
        except StorageFailed as error:
            self.stop(_reason(error))
            return msgspec.structs.replace(item, status=Outcome.FAILED, reason=_reason(error)), None
        except BadInput as error:
            return msgspec.structs.replace(item, status=Outcome.FAILED, reason=_reason(error)), None
        if not (rewrite.is_reused or rewrite.is_joined):  # they tell nothing of the engine as it is now
            self._mind(run, rewrite)
        return _item(item, rewrite), rewrite

    def _mind(self, run: "_Run", rewrite: Rewrite) -> None:
        """Stop where every other prompt would fail as this one has."""
        reason = rewrite.reason if rewrite.outcome is Outcome.FAILED else None
        if reason is None:
            run.alike = []
            return
        run.alike = [item for item in run.alike if item.message == reason.message] + [reason]
        count, enough = len(run.alike), _STOPS_AFTER.get(reason.code, 0)
        if enough == 1:
            self.stop(reason)
        elif enough and count >= enough:
            self.stop(
                msgspec.structs.replace(reason, message=f"{count} prompts in a row failed alike. {reason.message}")
            )


class _Run:
    """The state of a run: what waits, what is done, which files can be written."""

    def __init__(
        self, plan: LibraryPlan, options: BatchOptions, on_item: Callable[[Item], None], watch: Watcher
    ) -> None:
        self.plan = plan
        self.options = options
        self.on_item = on_item
        self.watch = watch
        pairs = [(file, slot) for file in plan.files for slot in file.document.slots]
        self.order = [(file.name, slot.name) for file, slot in pairs]
        self.items = {(file.name, slot.name): Item(file.name, slot.name) for file, slot in pairs}
        self.waiting = pairs[::-1]
        self.locks: defaultdict[Prompt, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.written: dict[str, str] = {}
        self.alike: list[Reason] = []  # of the prompts that failed last, in the same words
        self.budget = Budget(options.budget_usd) if options.budget_usd is not None else None
        self._prompts: defaultdict[str, dict[str, Prompt]] = defaultdict(dict)
        self._left = {file.name: len(file.document.slots) for file in plan.files}

    async def done(self, file: PlannedFile, slot: Slot, item: Item, rewrite: Rewrite | None) -> None:
        """Take the result of one prompt; with the last one of a file, write the file."""
        if rewrite is not None:
            self._prompts[file.name][slot.name] = rewrite.after
        self.items[item.file, item.slot] = item
        self.on_item(item)
        self._left[file.name] -= 1
        if self._left[file.name] == 0:
            await self._write(file)

    async def _write(self, file: PlannedFile) -> None:
        data = file.document.with_prompts(self._prompts.pop(file.name, {}))
        try:
            if not self.options.overwrites:
                check_destination(file, data, self.plan.earlier)
            await asyncio.to_thread(write_atomically, file.destination, data)
        except OutputRefused as error:
            for slot in file.document.slots:
                key = file.name, slot.name
                self.items[key] = msgspec.structs.replace(self.items[key], status=Outcome.FAILED, reason=_reason(error))
            return
        self.written[file.name] = hash_of(data)


def _item(item: Item, rewrite: Rewrite) -> Item:
    return msgspec.structs.replace(
        item,
        status=rewrite.outcome,
        reason=rewrite.reason,
        rewrite_id=rewrite.id,
        is_reused=rewrite.is_reused or rewrite.is_joined,
        changes=len(rewrite.changes),
        cost_usd=rewrite.usage.cost_usd,
    )


def _reason(error: RefraseError) -> Reason:
    return Reason(code_of(error), error.detail, error.hint)
