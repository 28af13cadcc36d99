"""Which of a target's rules apply to a prompt, and why: conditions that code can see."""

import re
from collections.abc import Callable
from functools import cache

from msgspec import Struct

from refrase.core.guide import About, Rule
from refrase.core.prompt import UNSTATED_ROLE, Prompt
from refrase.core.target import Target
from refrase.core.variable import find_variables

_LONG_CHARACTERS = 6_000


class Condition(Struct, frozen=True):
    """What a rule may ask of a prompt: a name for guides, a sentence for people, and how code sees it.

    `evidence` returns what it saw, or "" where the condition does not hold.
    """

    name: str
    meaning: str
    evidence: Callable[[Prompt], str]


class Selected(Struct, frozen=True):
    """A rule, whether it applies to the prompt, and the reason for either."""

    rule: Rule
    applies: bool
    why: str


def _matches(pattern: str, fewest: int = 1) -> Callable[[Prompt], str]:
    compiled = re.compile(pattern, re.IGNORECASE | re.MULTILINE)

    def evidence(prompt: Prompt) -> str:
        found = [match.group().strip() for text in prompt.texts for match in compiled.finditer(text)]
        return f"“{found[0][:60]}”" if len(found) >= fewest else ""

    return evidence


def _has_role(*roles: str) -> Callable[[Prompt], str]:
    def evidence(prompt: Prompt) -> str:
        held = [message.role for message in prompt.messages if message.role in (*roles, UNSTATED_ROLE)]
        return f"a message of role {held[0]}" if held else ""

    return evidence


def _is_long(prompt: Prompt) -> str:
    return f"{prompt.characters:,} characters" if prompt.characters >= _LONG_CHARACTERS else ""


def _has_variables(prompt: Prompt) -> str:
    for number, text in enumerate(prompt.texts):
        for item in find_variables(text, number):
            if item.kind == "variable":
                return f"“{item.value[:60]}”"
    return ""


CONDITIONS = {
    condition.name: condition
    for condition in (
        Condition("system", "the prompt is, or may be, a system message", _has_role("system", "developer")),
        Condition("user", "the prompt is, or may be, a user message", _has_role("user")),
        Condition("json", "the prompt speaks of JSON", _matches(r"\bJSON\b")),
        Condition("variables", "the prompt has template variables", _has_variables),
        Condition("long", f"the prompt has {_LONG_CHARACTERS:,} characters or more", _is_long),
        Condition(
            "tools",
            "the prompt speaks of tools or functions to call",
            _matches(r"\b(?:tools?|function[ _]calls?)\b"),
        ),
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
    )
}


def select_rules(target: Target, prompt: Prompt) -> tuple[Selected, ...]:
    """Return the target's rules about prompts, each with whether it applies to *prompt* and why."""
    evidence_of = cache(lambda name: CONDITIONS[name].evidence(prompt))  # many rules share a condition
    return tuple(_select(rule, evidence_of) for rule in target.rules if rule.about is About.PROMPT)


def _select(rule: Rule, evidence_of: Callable[[str], str]) -> Selected:
    seen: list[str] = []
    for name in rule.when:
        condition = CONDITIONS[name]
        evidence = evidence_of(name)
        if not evidence:
            return Selected(rule, applies=False, why=f"not so: {condition.meaning}")
        seen.append(f"{condition.meaning} ({evidence})")
    return Selected(rule, applies=True, why="; ".join(seen) or "applies to every prompt")
