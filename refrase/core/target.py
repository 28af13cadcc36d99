"""The target: the one model that a prompt is rewritten for, seen through its family's guide."""

from typing import Any

from msgspec import Struct

from refrase.core.guide import Guide, Model, Rule, SettingUse


class SettingAdvice(Struct, frozen=True):
    """A request setting for calls of the target: what to do with it, why, and the rule and page behind it."""

    name: str
    use: SettingUse
    reason: str
    rule: str
    source_url: str
    value: Any = None


class Target(Struct, frozen=True):
    """A model and the guide that speaks of it."""

    guide: Guide
    model: Model

    @property
    def id(self) -> str:
        """The model's id, as stored with every pair."""
        return self.model.id

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The guide's rules that hold for this model, in the guide's order."""
        return tuple(rule for rule in self.guide.rules if not rule.models or self.id in rule.models)

    @property
    def settings(self) -> tuple[SettingAdvice, ...]:
        """What the guide says of this model's request settings."""
        return tuple(
            SettingAdvice(
                name=setting.name,
                use=setting.use,
                value=setting.value,
                reason=setting.why,
                rule=setting.rule,
                source_url=self._source_url(setting.rule),
            )
            for setting in self.guide.settings
            if not setting.models or self.id in setting.models
        )

    def _source_url(self, rule_id: str) -> str:
        rule = self.guide.find_rule(rule_id)
        return rule.sources[0].url if rule else ""
