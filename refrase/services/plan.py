"""What is known of an order before anybody is asked or paid: its target, rules, contract, locks and parameters."""

from collections.abc import Callable
from importlib.metadata import version

from msgspec import Struct
from msgspec.structs import asdict

from refrase.core.candidate import Citable
from refrase.core.contract import contract_of
from refrase.core.draft import Case
from refrase.core.engine import EngineIdentity
from refrase.core.fingerprint import fingerprint_of
from refrase.core.guide import Rule
from refrase.core.ignore import without_ignores
from refrase.core.lock import locks_of
from refrase.core.notice import notice
from refrase.core.prompt import Prompt, Span, check_prompt
from refrase.core.reply_form import form_for, reply_limit_tokens
from refrase.core.request import RequestField, TodaysCall
from refrase.core.rewrite import EngineChoice, Finding, Order, Provenance, Severity
from refrase.core.selection import Selected, select_rules, with_evidence
from refrase.core.target import Target
from refrase.guidebook.live import LiveGuidebook
from refrase.instructions import Instructions
from refrase.services.desk import Desk, Step
from refrase.services.engines import Engines

# Of the metadata on disk, which is read once.
_VERSION = version("refrase")


class Intake(Struct, frozen=True):
    """What is known of an order before its prompt is read: enough to find what an equal one made."""

    order: Order
    target: Target
    left_out: tuple[str, ...]  # rules that the instruction has no room for
    provenance: Provenance
    fingerprint: str
    request: tuple[RequestField, ...]


class Plan(Intake, frozen=True):
    """Everything known about an order before anybody is asked."""

    selected: tuple[Selected, ...]
    noticed: tuple[Finding, ...]
    case: Case
    notes: tuple[Finding, ...]

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The guide's rules that apply to the prompt."""
        return tuple(item.rule for item in self.selected if item.applies)


class Planner:
    """Makes the plan of an order, or refuses the order."""

    def __init__(
        self,
        *,
        guides: LiveGuidebook,
        instructions: Instructions,
        engines: Engines,
        desk: Desk,
        max_prompt_bytes: int,
        draw_mark: Callable[[], str],
    ) -> None:
        self._guides = guides
        self._instructions = instructions
        self._engines = engines
        self._desk = desk
        self._max_prompt_bytes = max_prompt_bytes
        self._draw_mark = draw_mark

    def check_options(self, target: str, engine: EngineChoice, *, is_budgeted: bool = False) -> Target:
        """Return the target of that name.

        Raises TargetNotFound, EngineNotConfigured where *engine* is missing, and BudgetWithoutPrice.
        """
        found = self._guides.current.get_target(target)
        self._check_engine(engine, is_budgeted=is_budgeted)
        return found

    def request(self, target: Target, call: TodaysCall | None) -> tuple[RequestField, ...]:
        """Return what to send to *target* with a rewrite, where *call* calls it today."""
        return self._engines.request(target, call)

    def take(self, order: Order, *, is_budgeted: bool = False) -> Intake:
        """Refuse what cannot be rewritten, before anything is stored or paid. Raises as `Rewriter.rewrite` does."""
        target = self._guides.current.get_target(order.target)
        check_prompt(order.prompt, max_prompt_bytes=self._max_prompt_bytes)
        identity = self._check_engine(order.engine, is_budgeted=is_budgeted or order.budget_usd is not None)
        left_out = self._instructions.left_out(target) if order.engine is EngineChoice.MODEL else ()
        provenance = self._provenance(order, target, identity)
        return Intake(
            order=order,
            target=target,
            left_out=left_out,
            provenance=provenance,
            fingerprint=fingerprint_of(order, provenance, left_out),
            request=self.request(target, order.call),
        )

    async def read(self, intake: Intake) -> Plan:
        """Read the prompt. Raises OptionInvalid where a lock that its text marks is not closed."""
        return await self._desk.do(Step.ASK, intake.order.prompt.characters, self._look_at, intake)

    async def plan(self, order: Order) -> Plan:
        """Take *order* and read its prompt. Raises as `take` and `read` do."""
        return await self.read(self.take(order))

    def _check_engine(self, engine: EngineChoice, *, is_budgeted: bool) -> EngineIdentity:
        identity = self._engines.identity(engine)
        if is_budgeted and engine is EngineChoice.MODEL:
            self._engines.check_prices()
        return identity

    def _provenance(self, order: Order, target: Target, identity: EngineIdentity) -> Provenance:
        parameters = dict(identity.parameters)
        if order.engine is EngineChoice.MODEL:
            parameters["max_output_tokens"] = reply_limit_tokens(
                order.prompt, identity.max_output_tokens, identity.thinking_tokens
            )
        return Provenance(
            target=target.id,
            guide=target.guide.id,
            guide_version=target.guide.version,
            template_version=self._instructions.version if order.engine is EngineChoice.MODEL else "",
            engine=order.engine,
            mode=order.mode,
            form=form_for(order.prompt, order.mode),
            provider=identity.provider,
            engine_model=identity.model,
            parameters=parameters,
            decisions=identity.decisions,
            refrase_version=_VERSION,
        )

    def _look_at(self, intake: Intake) -> Plan:
        order = intake.order
        selected = select_rules(intake.target, without_ignores(order.prompt), order.terms)
        noticed = notice(order.prompt, [item.rule for item in selected if item.applies]).findings
        return Plan(
            **asdict(intake),
            selected=selected,
            noticed=noticed,
            case=self._case(intake, selected),
            notes=_notes(intake.left_out, with_evidence(selected, noticed)),
        )

    def _case(self, intake: Intake, selected: tuple[Selected, ...]) -> Case:
        order = intake.order
        contract = contract_of(order.prompt, order.terms)
        locks = [lock for message in contract.messages for lock in locks_of(message, _stated(order, message.number))]
        applying = frozenset(item.rule.id for item in selected if item.applies)
        return Case(
            prompt=order.prompt,
            contract=contract,
            terms=order.terms,
            mode=order.mode,
            form=intake.provenance.form,
            mark=self._mark_for(order.prompt),
            citable=Citable(frozenset(rule.id for rule in intake.target.rules), applying),
            locks=tuple(locks),
        )

    def _mark_for(self, prompt: Prompt) -> str:
        while any((mark := self._draw_mark()) in text for text in prompt.texts):
            pass
        return mark


def _stated(order: Order, number: int) -> tuple[Span, ...]:
    return tuple(span for span in order.locks if span.message == number)


def _notes(left_out: tuple[str, ...], told: frozenset[str]) -> tuple[Finding, ...]:
    """Tell which rules the engine was not told for want of room."""
    cut = [rule for rule in left_out if rule not in told]
    if not cut:
        return ()
    message = (
        f"The guide has no room for {len(cut)} of its rules within REFRASE_MAX_GUIDE_TOKENS: {', '.join(cut)}. "
        "The prompt gives no evidence for any of them."
    )
    return (Finding("guide_cut", Severity.NOTE, message),)
