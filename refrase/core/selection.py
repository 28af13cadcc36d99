"""Which of a target's rules apply to a prompt, and why: conditions that code can see."""

import re
from collections.abc import Callable, Iterable
from functools import cache
from itertools import islice

from msgspec import Struct

from refrase.core.guide import About, Rule
from refrase.core.language import LANGUAGES, language_of
from refrase.core.prefilter import may_match
from refrase.core.prompt import UNSTATED_ROLE, Prompt
from refrase.core.rewrite import Finding
from refrase.core.target import Target
from refrase.core.terms import Terms
from refrase.core.variable import find_variables

_LONG_CHARACTERS = 6_000
_UNSTATED = Terms()
# A model that is told as “switchable” may do either.
_THINKING = frozenset({"always", "on by default"})
_NOT_THINKING = frozenset({"none", "off by default"})


class Subject(Struct, frozen=True):
    """What conditions look at: the prompt, what its caller states of it, and whether and when the target thinks."""

    prompt: Prompt
    terms: Terms = Terms()
    thinking: str = ""


class Condition(Struct, frozen=True):
    """What a rule may ask of a prompt: a name for guides, a sentence for people, and how code sees it.

    `evidence` returns what it saw, with its line, or "" where the condition does not hold.
    """

    name: str
    meaning: str
    evidence: Callable[[Subject], str]


class Selected(Struct, frozen=True):
    """A rule, whether it applies to the prompt, the reason for either, and the condition that fails."""

    rule: Rule
    applies: bool
    why: str
    condition: str = ""


def line_told(prompt: Prompt, message: int, position: int) -> str:
    """Return where a place of a prompt is, for people: “line 3”, with its message where there are several."""
    line = prompt.texts[message].count("\n", 0, position) + 1
    return f"line {line}{f' of message {message + 1}' if len(prompt.messages) > 1 else ''}"


def _matches(pattern: str, fewest: int = 1) -> Callable[[Subject], str]:
    insensitive = f"(?im){pattern}"
    compiled = re.compile(insensitive)

    def evidence(subject: Subject) -> str:
        texts = ((number, text) for number, text in enumerate(subject.prompt.texts) if may_match(insensitive, text))
        found = list(islice(((number, match) for number, text in texts for match in compiled.finditer(text)), fewest))
        if len(found) < fewest:
            return ""
        number, match = found[0]
        return _told(subject.prompt, number, match.start(), match.group())

    return evidence


def _has_role(*roles: str) -> Callable[[Subject], str]:
    def evidence(subject: Subject) -> str:
        held = [message.role for message in subject.prompt.messages if message.role in (*roles, UNSTATED_ROLE)]
        return f"a message of role {held[0]}" if held else ""

    return evidence


def _is_long(subject: Subject) -> str:
    return f"{subject.prompt.characters:,} characters" if subject.prompt.characters >= _LONG_CHARACTERS else ""


def _has_variables(subject: Subject) -> str:
    for number, text in enumerate(subject.prompt.texts):
        for item in find_variables(text, number):
            if item.kind == "variable":
                return _told(subject.prompt, number, item.span.start, item.value)
    return ""


_speaks_of_tools = _matches(r"\b(?:tools?|function[ _]calls?)\b")


def _has_tools(subject: Subject) -> str:
    stated = subject.terms.tools
    if stated and stated.names:
        return f"it is called with the tool {stated.names[0]}"
    return _speaks_of_tools(subject)


def _thinks(kinds: frozenset[str]) -> Callable[[Subject], str]:
    return lambda subject: f"thinking: {subject.thinking}" if subject.thinking in kinds else ""


def _is_in(language: str) -> Callable[[Subject], str]:
    return lambda subject: f"its words are {language}" if _language(subject) == language else ""


def _is_not_english(subject: Subject) -> str:
    language = _language(subject)
    return f"its words are {language}" if language not in {"", "en"} else ""


def _language(subject: Subject) -> str:
    return language_of("\n".join(subject.prompt.texts))


def _told(prompt: Prompt, message: int, position: int, text: str) -> str:
    place = position + len(text) - len(text.lstrip())
    return f"“{text.strip()[:60]}”, {line_told(prompt, message, place)}"


CONDITIONS = {
    condition.name: condition
    for condition in (
        Condition("system", "the prompt is, or may be, a system message", _has_role("system", "developer")),
        Condition("user", "the prompt is, or may be, a user message", _has_role("user")),
        Condition("json", "the prompt speaks of JSON", _matches(r"\bJSON\b")),
        Condition("variables", "the prompt has template variables", _has_variables),
        Condition("long", f"the prompt has {_LONG_CHARACTERS:,} characters or more", _is_long),
        Condition("tools", "the prompt speaks of tools or functions to call, or is called with tools", _has_tools),
        Condition(
            "examples",
            "the prompt shows examples",
            _matches(r"^\W{0,6}(?:examples?|input|output|question|answer|user|assistant|[qa])\b[^\n]{0,20}:", 2),
        ),
        Condition(
            "length",
            "the prompt speaks of the length of the reply",
            _matches(
                r"\b(?:\d+|one|two|three|few|short|long|brief)\b[ -](?:\w+[ -]){0,2}"
                r"(?:words?|sentences?|paragraphs?|characters?|bullets?|lines?)\b"
            ),
        ),
        Condition("thinking", "the target thinks before it answers, always or unless told not to", _thinks(_THINKING)),
        Condition("no-thinking", "the target answers without thinking, unless told to", _thinks(_NOT_THINKING)),
        Condition("not-english", "the prompt is in another language than English", _is_not_english),
        *(Condition(f"language-{code}", f"the prompt is in the language “{code}”", _is_in(code)) for code in LANGUAGES),
    )
}


def select_rules(target: Target, prompt: Prompt, terms: Terms = _UNSTATED) -> tuple[Selected, ...]:
    """Return the target's rules about prompts, each with whether it applies to *prompt* and why."""
    subject = Subject(prompt, terms, target.model.thinking)
    evidence_of = cache(lambda name: CONDITIONS[name].evidence(subject))  # many rules share a condition
    return tuple(_select(rule, evidence_of) for rule in target.rules if rule.about is About.PROMPT)


def with_evidence(selected: Iterable[Selected], findings: Iterable[Finding]) -> frozenset[str]:
    """Return the ids of the rules that the prompt itself gives reason for: a condition that holds, or a finding."""
    conditional = {item.rule.id for item in selected if item.applies and item.rule.when}
    return frozenset(conditional | {finding.rule for finding in findings if finding.rule})


def _select(rule: Rule, evidence_of: Callable[[str], str]) -> Selected:
    seen: list[str] = []
    for name in rule.when:
        condition = CONDITIONS[name]
        evidence = evidence_of(name)
        if not evidence:
            return Selected(rule, applies=False, why=f"not so: {condition.meaning}", condition=name)
        seen.append(f"{condition.meaning} ({evidence})")
    return Selected(rule, applies=True, why="; ".join(seen) or "applies to every prompt")
