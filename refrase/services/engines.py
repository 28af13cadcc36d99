"""The engines that this process can ask: the model, where one is configured, and the offline one."""

from refrase.core.engine import EngineIdentity
from refrase.core.request import RequestField, TodaysCall, request_for
from refrase.core.rewrite import EngineChoice
from refrase.core.target import Target
from refrase.engine.engine import Engine
from refrase.engine.offline import OfflineEngine
from refrase.errors import BudgetWithoutPrice, EngineNotConfigured


class Engines:
    """Hands out engines. What is missing is told when it is asked for, not when the process starts."""

    def __init__(
        self,
        model: Engine | EngineNotConfigured,
        offline: OfflineEngine,
        fallbacks: tuple[Engine, ...] = (),
    ) -> None:
        self._model = model
        self._fallbacks = fallbacks
        self.offline = offline

    @property
    def model(self) -> Engine:
        """The model. Raises EngineNotConfigured where there is none."""
        if isinstance(self._model, EngineNotConfigured):
            raise EngineNotConfigured(self._model.detail, hint=self._model.hint)
        return self._model

    @property
    def chain(self) -> tuple[Engine, ...]:
        """The model and those that are asked where it fails, in order. Raises EngineNotConfigured."""
        return (self.model, *self._fallbacks)

    def check_prices(self) -> None:
        """Refuse a budget where nobody knows what a call costs. Raises BudgetWithoutPrice."""
        for engine in self.chain:
            if engine.price is None:
                at = engine.identity
                raise BudgetWithoutPrice(
                    f"No price is known of {at.model} at {at.provider}, so a budget cannot be kept.",
                    hint="State it: REFRASE_ENGINE_PRICE_USD=input,output in US dollars per million tokens.",
                )

    def request(self, target: Target, call: TodaysCall | None) -> tuple[RequestField, ...]:
        """Return the request for *target*, as it holds at the provider that is set."""
        fields = request_for(target, call)
        return fields if isinstance(self._model, EngineNotConfigured) else self._model.hold(target, fields)

    def identity(self, choice: EngineChoice) -> EngineIdentity:
        """Return which engine that is. Raises EngineNotConfigured where there is none."""
        return self.offline.identity if choice is EngineChoice.OFFLINE else self.model.identity
