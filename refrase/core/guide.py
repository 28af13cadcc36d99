"""A guide: what is known about writing prompts for one family of models, as data with sources and dates."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any

from msgspec import Meta, Struct


class SourceKind(StrEnum):
    """Who says it: the vendor of the model (or of the service meant), somebody else, or the user's own overlay."""

    PRIMARY = "primary"
    THIRD_PARTY = "third party"
    HOUSE = "house"  # decided by whoever wrote the overlay; there is no page behind it


class RuleKind(StrEnum):
    """Which section of the guide a rule stands in."""

    PRACTICE = "practice"
    ANTI_PATTERN = "anti-pattern"


class About(StrEnum):
    """What a rule is about, and so who can follow it."""

    PROMPT = "prompt"  # the text: a rewrite can follow it
    REQUEST = "request"  # the settings of the call: told as advice
    INTEGRATION = "integration"  # the code around the call: told in the guide only


class Source(Struct, frozen=True):
    """Where a statement was read, and when it was last verified."""

    title: str
    url: str
    kind: SourceKind
    verified_at: date


class Place(StrEnum):
    """Which paragraph of a message a check looks at."""

    FIRST = "first"
    LAST = "last"


class Range(Struct, frozen=True, forbid_unknown_fields=True):
    """A setting of the call and the values it may have, both ends included; None is no bound."""

    name: str
    least: float | None = None
    most: float | None = None


class Check(Struct, frozen=True, forbid_unknown_fields=True):
    """How code sees that a prompt breaks a rule: one primitive, and what narrows it.

    See core.lint and core.primitive, and core.call_check for rules that are not about the prompt.
    `message` is the sentence a finding says; it may name the matched text as {match}, and for a contradiction what
    it contradicts as {other}. `where` must match somewhere in the prompt and `unless` nowhere.
    """

    message: str
    pattern: str | None = None
    missing: str | None = None
    contradiction: tuple[str, str] | None = None
    bare_variable: str | None = None
    steady_after_variable: int | None = None
    format_in_prose: str | None = None
    present_role: str | None = None
    absent_role: str | None = None
    longer_than_characters: int | None = None
    sentence_words: int | None = None
    repeated_rule_words: int | None = None
    list_items: int | None = None
    unsectioned_characters: int | None = None
    setting_sent: tuple[str, ...] | None = None
    settings_together: tuple[str, ...] | None = None
    setting_outside: Range | None = None
    retired_id: str | None = None
    where: str | None = None
    unless: str | None = None
    place: Place | None = None
    after_characters: int | None = None
    more_than: int | None = None
    first_only: bool = False


PRIMITIVES = (
    "pattern",
    "missing",
    "contradiction",
    "bare_variable",
    "steady_after_variable",
    "format_in_prose",
    "present_role",
    "absent_role",
    "longer_than_characters",
    "sentence_words",
    "repeated_rule_words",
    "list_items",
    "unsectioned_characters",
)
# What is judged of the call, for rules about the request or the integration.
CALL_PRIMITIVES = ("setting_sent", "settings_together", "setting_outside", "retired_id")


class Fix(Struct, frozen=True, forbid_unknown_fields=True):
    """A mechanical edit that follows the rule and keeps the contract. Exactly one is given; see core.fix.

    `replace` is what stands instead of the match; `wrap` names how a bare variable is delimited; `heading` is
    the line put before a paragraph.
    """

    replace: str | None = None
    capitalise: bool = False
    wrap: str | None = None
    heading: str | None = None


class Rule(Struct, frozen=True):
    """One practice or anti-pattern, with its condition, its sources and, where code can help, its check."""

    id: str
    kind: RuleKind
    text: str
    about: About
    sources: tuple[Source, ...]
    models: tuple[str, ...] = ()  # ids of the family's models it holds for; none means all
    when: tuple[str, ...] = ()  # conditions that must all hold, from selection.CONDITIONS; none means always
    check: Check | None = None
    fix: Fix | None = None
    line: int = 0
    stated_weight: int | None = None
    overlay: str = ""  # the file of the user's own that the rule comes from; "" where it is the guide's

    @property
    def weight(self) -> int:
        """How much the rule counts where there is no room for all: 1 to 9, as stated or by what backs it.

        A rule about the request or the integration has 1, one about the prompt 3; a source of the vendor's or of
        the house adds 2, a check 1, a condition 1 (a rule for some prompts tells more than one for all).
        """
        if self.stated_weight is not None:
            return self.stated_weight
        if self.about is not About.PROMPT:
            return 1
        is_backed = any(source.kind is not SourceKind.THIRD_PARTY for source in self.sources)
        return 3 + 2 * is_backed + (self.check is not None) + bool(self.when)


class SettingUse(StrEnum):
    """What to do with a request setting when the target is called."""

    SEND = "send"
    OMIT = "omit"
    CONSIDER = "consider"


class Setting(Struct, frozen=True, forbid_unknown_fields=True):
    """A request setting of some models of the family, with the rule that gives reason and source."""

    name: str
    use: SettingUse
    rule: str
    why: str
    value: Any = None
    models: tuple[str, ...] = ()


class Price(Struct, frozen=True, forbid_unknown_fields=True):
    """US dollars per million tokens, with the day and where they were read.

    `source` is the address of a page, or `genai-prices` and its version; the day is then that of its newest change.
    """

    input_usd: float
    output_usd: float
    as_of: date
    source: str
    cached_usd: float | None = None


class Differs(Struct, frozen=True, forbid_unknown_fields=True):
    """What genai-prices says otherwise and was judged: its own figures, and why the guide does not follow them.

    Prices are in US dollars per million tokens. A warning is silent for as long as it says exactly that.
    """

    why: Annotated[str, Meta(min_length=1)]
    input_usd: float | None = None
    cached_usd: float | None = None
    output_usd: float | None = None
    context_tokens: int | None = None


class Model(Struct, frozen=True, forbid_unknown_fields=True):
    """One model of the family that a prompt can be written for."""

    id: str
    name: str
    context_tokens: int
    modalities: tuple[str, ...]
    thinking: str
    released: str
    # Whether it takes tools, and a form for its reply (JSON mode or a schema); None where no source tells.
    tools: bool | None = None
    structured_output: bool | None = None
    output_tokens: int | None = None
    aliases: tuple[str, ...] = ()
    providers: dict[str, str] = {}
    price: Price | None = None
    # provider/model as genai-prices names them
    prices_key: Annotated[str, Meta(pattern=r"^[^/\s]+/\S+$")] | None = None
    differs: Differs | None = None
    retired_at: date | None = None  # the day its vendor ended it or will end it, where that is told
    note: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that means it: its id first, its aliases, its ids at providers."""
        return tuple(dict.fromkeys((self.id, *self.aliases, *self.providers.values())))


class Section(Struct, frozen=True):
    """A section of prose, as Markdown."""

    title: str
    markdown: str


class Guide(Struct, frozen=True):
    """One family's guide. `version` is the hash of what it was read from, the overlays that change it included."""

    id: str
    family: str
    vendor: str
    verified_at: date
    models: tuple[Model, ...]
    rules: tuple[Rule, ...]
    settings: tuple[Setting, ...]
    sections: tuple[Section, ...]
    sources: tuple[Source, ...]
    version: str
    markdown: str
    overlays: tuple[str, ...] = ()  # names of the files of the user's own that change it, in the order of their use

    def find_rule(self, rule_id: str) -> Rule | None:
        """Return the rule of that id, or None."""
        return next((rule for rule in self.rules if rule.id == rule_id), None)
