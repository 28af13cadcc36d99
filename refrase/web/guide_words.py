"""What stands in a guide, in words for a page: conditions, checks, fixes, disagreements."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from refrase.core.guide import Guide, Range, Rule
from refrase.core.selection import CONDITIONS

_CHECKS = {
    "pattern": "every text of the form {value}, outside code",
    "missing": "that no text of the form {value} stands in the prompt",
    "contradiction": "two texts that contradict each other, of the forms {value}",
    "bare_variable": "a variable of the name {value} alone on its line, with nothing that sets it apart",
    "steady_after_variable": "a first variable with {value} characters or more behind the last, the same in every call",
    "format_in_prose": "a last paragraph that begins with the form {value} and has no heading",
    "present_role": "a message of the role {value}",
    "absent_role": "that no message has the role {value}",
    "longer_than_characters": "a prompt of more than {value} characters",
    "sentence_words": "a sentence of more than {value} words",
    "repeated_rule_words": "a rule of {value} words or more that stands there twice",
    "list_items": "more than {value} items of lists",
    "unsectioned_characters": "a text of {value} characters or more without a heading, a list or a tag",
    "setting_sent": "a call that sends {value}",
    "settings_together": "a call that sends {value} together",
    "setting_outside": "a call outside of {value}",
    "retired_id": "a call of a model id of the form {value}",
}
_NARROWED = {
    "where": "only where {value} stands in the prompt",
    "unless": "not where {value} stands in the prompt",
    "place": "only in the {value} paragraph of a message",
    "after_characters": "only {value} characters or more down in a message",
    "more_than": "where {value} are allowed",
    "first_only": "once for a prompt",
}
_FIXES = {
    "replace": "takes the text out, or puts another in its place",
    "wrap": "puts a pair of tags around it",
    "heading": "puts the heading {value} before it",
}
_BULLET = re.compile(r"^- ", re.MULTILINE)
_TITLE = re.compile(r"\*\*(.+?)\*\*")
_WORD = re.compile(r"[a-z]{3,}")
_EMPTY_WORDS = frozenset(
    "the and for are from with what when where which does still how many how will older other one two its that".split()
)


class Worded(Struct, frozen=True):
    """A sentence, and the value it speaks of, to be set apart in it; see `before` and `after`."""

    before: str
    value: str
    after: str


class Disagreement(Struct, frozen=True):
    """One matter on which the guide's sources disagree: its anchor, its title and the guide's words in Markdown."""

    anchor: str
    title: str
    markdown: str


def condition_of(rule: Rule) -> str:
    """Say when a rule applies."""
    return "; ".join(CONDITIONS[name].meaning for name in rule.when) or "always"


def check_of(rule: Rule) -> Worded | None:
    """Say what the check of *rule* looks for; None where it has none."""
    return _worded(rule.check, _CHECKS) if rule.check else None


def narrowed_of(rule: Rule) -> tuple[Worded, ...]:
    """Say what narrows the check of *rule*."""
    given = {name: getattr(rule.check, name) for name in _NARROWED} if rule.check else {}
    return tuple(_sentence(_NARROWED[name], value) for name, value in given.items() if value not in (None, False))


def fix_of(rule: Rule) -> Worded | None:
    """Say what the fix of *rule* does; None where it has none."""
    return _worded(rule.fix, _FIXES) if rule.fix else None


def message_of(rule: Rule) -> str:
    """Return what a finding of the check says, without the text that it would have found."""
    message = rule.check.message if rule.check else ""
    told = message.replace("“{match}”", "the text found").replace("{match}", "the text found")
    return told[:1].upper() + told[1:]


def told_of(has: bool | None) -> str:
    """Say whether a model has something; nobody may have told."""
    return "not told" if has is None else "yes" if has else "no"


def price_of(value: float | None) -> str:
    """Show a price per million tokens: 0.60, but 0.005 where two digits would not tell it."""
    if value is None:
        return "–"
    return f"${value:.2f}" if round(value, 2) == value else f"${value:g}"


def section_of(guide: Guide, title: str) -> str:
    """Return a section's Markdown, "" where there is none."""
    return next((section.markdown for section in guide.sections if section.title == title), "")


def disagreements_of(guide: Guide) -> tuple[Disagreement, ...]:
    """Return what the guide tells of disagreements, matter by matter."""
    bullets = _BULLET.split(section_of(guide, "Disagreements"))[1:]
    titles = [title[1] if (title := _TITLE.match(bullet)) else bullet for bullet in bullets]
    return tuple(
        Disagreement(f"disagreement-{number}", title.rstrip("."), bullet.strip())
        for number, (title, bullet) in enumerate(zip(titles, bullets, strict=True), 1)
    )


def disagreements_on(rule: Rule, told: Iterable[Disagreement], guide: Guide) -> tuple[Disagreement, ...]:
    """Return those that bear on *rule*: all words of their title, but for names of models, stand in its id."""
    names = _words(" ".join((guide.family, *(model.name for model in guide.models))))
    known = _words(rule.id.replace("-", " "))
    return tuple(item for item in told if (words := _words(item.title.replace("_", " ")) - names) and words <= known)


def _words(text: str) -> frozenset[str]:
    return frozenset(word.rstrip("s") for word in _WORD.findall(text.lower()) if word not in _EMPTY_WORDS)


def _worded(value: Struct, known: dict[str, str]) -> Worded:
    """Put the first primitive that is given into words; one that is not known here is told by its name."""
    fields: Sequence[str] = [field.name for field in msgspec.structs.fields(value)]
    name = next((name for name in fields if name != "message" and getattr(value, name) not in (None, False)), fields[0])
    return _sentence(known.get(name, f"{name.replace('_', ' ')} {{value}}"), getattr(value, name))


def _sentence(told: str, value: Any) -> Worded:
    before, place, after = told.partition("{value}")
    return Worded(before, _shown(value) if place else "", after)


def _shown(value: Any) -> str:
    if isinstance(value, int | float):
        return f"{value:,}"
    if isinstance(value, Range):
        bounds = " to ".join("…" if bound is None else f"{bound:g}" for bound in (value.least, value.most))
        return f"{value.name} {bounds}"
    return " and ".join(value) if isinstance(value, tuple) else str(value)
