"""A cap on money: what could be spent is held before a call, what was spent is taken after it."""


class Budget:
    """US dollars for one run or one rewrite. Shared by everything that runs at once; nobody overdraws it."""

    def __init__(self, limit_usd: float) -> None:
        self.limit_usd = limit_usd
        self.spent_usd = 0.0
        self._held_usd = 0.0

    @property
    def left_usd(self) -> float:
        """What is neither spent nor held."""
        return self.limit_usd - self.spent_usd - self._held_usd

    def hold(self, usd: float) -> bool:
        """Hold *usd* for a call to come; return False, and hold nothing, where that could pass the limit."""
        if usd > self.left_usd:
            return False
        self._held_usd += usd
        return True

    def release(self, held_usd: float, spent_usd: float) -> None:
        """Give *held_usd* back and take *spent_usd*."""
        self._held_usd -= held_usd
        self.spent_usd += spent_usd
