"""A cap on money: what could be spent is held before a call, what was spent is taken after it."""

import asyncio

from refrase.core.engine import Answer, Failure, FailureKind


class Budget:
    """US dollars for one run or one rewrite. Shared by everything that runs at once; nobody overdraws it."""

    def __init__(self, limit_usd: float) -> None:
        self.limit_usd = limit_usd
        self.spent_usd = 0.0
        self._held_usd = 0.0
        self._released = asyncio.Condition()

    def hold(self, usd: float) -> bool:
        """Hold *usd* for a call to come; return False, and hold nothing, where that could pass the limit."""
        if self.spent_usd + self._held_usd + usd > self.limit_usd:
            return False
        self._held_usd += usd
        return True

    async def wait_and_hold(self, usd: float) -> bool:
        """Hold *usd*, waiting for what others hold and may not spend; return False where it never will be there."""
        async with self._released:
            while not self.hold(usd):
                if self.spent_usd + usd > self.limit_usd:
                    return False
                await self._released.wait()
            return True

    async def release(self, held_usd: float, spent_usd: float) -> None:
        """Give *held_usd* back and take *spent_usd*."""
        async with self._released:
            self._held_usd -= held_usd
            self.spent_usd += spent_usd
            self._released.notify_all()


class Purse:
    """The money that one rewrite may take of a budget: nothing is called that could pass it."""

    def __init__(self, budget: Budget | None) -> None:
        self._budget = budget
        self._held_usd = 0.0
        self._spent_usd = 0.0

    @property
    def is_bound(self) -> bool:
        """Whether there is a budget at all."""
        return self._budget is not None

    async def open(self, worst_usd: float) -> bool:
        """Hold what a rewrite costs at worst over all its turns. False where the budget never has it."""
        if self._budget is None:
            return True
        if not await self._budget.wait_and_hold(worst_usd):
            return False
        self._held_usd += worst_usd
        return True

    def allows(self, worst_usd: float) -> bool:
        """Return whether one more call fits into what is held, holding more where the budget has it at once.

        Nobody waits here: two rewrites that hold something and wait for each other would wait for ever.
        """
        missing = self._spent_usd + worst_usd - self._held_usd
        if self._budget is None or missing <= 0:
            return True
        if not self._budget.hold(missing):
            return False
        self._held_usd += missing
        return True

    def pay(self, answer: Answer, worst_usd: float) -> None:
        """Note what a call took: as billed; where nobody says, the worst, unless nothing at all came back."""
        kind = answer.failure and answer.failure.kind
        may_be_billed = bool(answer.text) or kind in {None, FailureKind.TIMEOUT, FailureKind.CANCELLED}
        self._spent_usd += answer.usage.cost_usd if answer.usage.cost_usd is not None else worst_usd * may_be_billed

    async def close(self) -> None:
        """Give back what was held and not spent."""
        if self._budget is not None:
            await self._budget.release(self._held_usd, self._spent_usd)

    def spent(self) -> Failure:
        """Return the failure of a call that was not made."""
        limit = self._budget.limit_usd if self._budget else 0.0
        message = f"The next call could pass the budget of {limit:g} USD, so it was not made."
        return Failure(FailureKind.BUDGET_SPENT, message)
