"""One turn of a talk over its calls: going on where a reply was cut, and what the calls may cost."""

from msgspec.structs import replace

from refrase.core.budget import Budget
from refrase.core.engine import Answer, Call, Failure, FailureKind
from refrase.core.reply import ReplyReader
from refrase.engine.engine import Engine
from refrase.prices import cost_usd
from refrase.tokens import count_tokens

# A reply that is cut more often than this is not coming to an end.
_MOST_CONTINUATIONS = 3
# What a chat template puts around one message, at most.
_TEMPLATE_TOKENS = 16


class Asking:
    """What has come of a turn so far: `begun` is what cut replies said, which the next call goes on behind."""

    def __init__(self, limit_tokens: int) -> None:
        self.limit_tokens = limit_tokens
        self.begun = ""
        self.tries = 0
        self.reader: ReplyReader | None = None
        self._continuations = 0

    def begin_again(self) -> None:
        """Forget a reply that broke off, unless it is one to go on with."""
        if not self.begun:
            self.reader = None

    def goes_on(self, answer: Answer, engine: Engine) -> bool:
        """Return whether a cut reply is gone on with, or asked for anew with a larger limit."""
        if engine.continuation and answer.text.strip() and self._continuations < _MOST_CONTINUATIONS:
            self._continuations += 1
            self.begun += answer.text
            return True
        if not engine.continuation and self.limit_tokens < engine.identity.max_output_tokens:
            self.limit_tokens = engine.identity.max_output_tokens
            self.reader = None
            return True
        return False

    def joined(self, answer: Answer) -> Answer:
        """Return *answer* behind what was said before it was cut."""
        return replace(answer, text=self.begun + answer.text) if self.begun else answer


class Purse:
    """The money that one rewrite may take of a budget: nothing is called that could pass it."""

    def __init__(self, budget: Budget | None) -> None:
        self._budget = budget
        self._held_usd = 0.0
        self._spent_usd = 0.0

    def open(self, worst_usd: float, turns: int) -> bool:
        """Hold what a rewrite costs at worst: *turns* calls of *worst_usd* each. False where that is too much."""
        return self._hold(worst_usd * turns)

    def allows(self, worst_usd: float) -> bool:
        """Return whether one more call fits into what is held, holding more where the budget has it."""
        missing = self._spent_usd + worst_usd - self._held_usd
        return missing <= 0 or self._hold(missing)

    def pay(self, answer: Answer, worst_usd: float) -> None:
        """Note what a call took: as billed; where nobody says, the worst, unless nothing at all came back."""
        came_back = bool(answer.text) or answer.failure is None or answer.failure.kind is FailureKind.TIMEOUT
        self._spent_usd += answer.usage.cost_usd if answer.usage.cost_usd is not None else worst_usd * came_back

    def close(self) -> None:
        """Give back what was held and not spent."""
        if self._budget is not None:
            self._budget.release(self._held_usd, self._spent_usd)

    def spent(self) -> Failure:
        """Return the failure of a call that was not made."""
        limit = self._budget.limit_usd if self._budget else 0.0
        message = f"The next call could pass the budget of {limit:g} USD, so it was not made."
        return Failure(FailureKind.BUDGET_SPENT, message)

    def _hold(self, usd: float) -> bool:
        if self._budget is None:
            return True
        if not self._budget.hold(usd):
            return False
        self._held_usd += usd
        return True


def call_tokens(call: Call) -> int:
    """Return the most tokens that *call* takes, input and reply together."""
    return _input_tokens(call) + call.max_output_tokens


def worst_usd(engine: Engine, call: Call) -> float:
    """Return the most that *call* costs; 0 where no price is known, which no budget is given to."""
    if engine.price is None:
        return 0.0
    return cost_usd(
        engine.price, input_tokens=_input_tokens(call), cached_tokens=0, output_tokens=call.max_output_tokens
    )


def _input_tokens(call: Call) -> int:
    told = sum(count_tokens(message.content) + _TEMPLATE_TOKENS for message in call.messages)
    return told + count_tokens(call.begun)
