"""What stands in a guide, in words for a page: conditions, checks, fixes, disagreements."""

import re
from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct

from refrase.core.guide import Guide, Rule
from refrase.core.selection import CONDITIONS

_CHECKS = {
    "pattern": "every text of the form {value}, outside code",
    "missing": "that no text of the form {value} stands in the prompt",
    "bare_variable": "a variable of the name {value} alone on its line, with nothing that sets it apart",
    "format_in_prose": "a last paragraph that begins with the form {value} and has no heading",
    "longer_than_characters": "a prompt of more than {value} characters",
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


def fix_of(rule: Rule) -> Worded | None:
    """Say what the fix of *rule* does; None where it has none."""
    return _worded(rule.fix, _FIXES) if rule.fix else None


def message_of(rule: Rule) -> str:
    """Return what a finding of the check says, without the text that it would have found."""
    message = rule.check.message if rule.check else ""
    told = message.replace("“{match}”", "the text found").replace("{match}", "the text found")
    return told[:1].upper() + told[1:]


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
    given = getattr(value, name)
    before, _, after = known.get(name, f"{name.replace('_', ' ')} {{value}}").partition("{value}")
    shown = f"{given:,}" if isinstance(given, int) else str(given)
    return Worded(before, shown if "{value}" in known.get(name, "{value}") else "", after)
