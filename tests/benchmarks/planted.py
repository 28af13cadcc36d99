"""Faults of our own, put into real prompts (tests/spec/planted.yaml): does each check find them?"""

import re
from pathlib import Path
from typing import Any

import msgspec
import yaml

from refrase.core.guide import About, Check, Rule
from refrase.core.lint import check_rules
from refrase.core.prompt import Message, Prompt
from refrase.core.selection import CONDITIONS, Subject
from refrase.guidebook import read_guidebook
from refrase.packaged import packaged_path

PLANTED = Path(__file__).resolve().parents[1] / "spec" / "planted.yaml"


def cases() -> list[dict[str, Any]]:
    """Return the table of planted faults."""
    return list(yaml.safe_load(PLANTED.read_text("utf-8")))


def rules_by_check() -> dict[Check, list[tuple[str, Rule]]]:
    """Return every check of prompts once, whatever its message, with the rules that carry it and their guides."""
    found: dict[Check, list[tuple[str, Rule]]] = {}
    for guide in read_guidebook(packaged_path("guides")).guides:
        for rule in guide.rules:
            if rule.check and rule.about is About.PROMPT:
                key = msgspec.structs.replace(rule.check, message="")
                found.setdefault(key, []).append((guide.id, rule))
    return found


def planted(prompt: Prompt, case: dict[str, Any]) -> Prompt:
    """Return *prompt* with the fault of *case* in it."""
    first, *rest = prompt.messages
    fault = case["text"] * case.get("repeat", 1)
    text = first.text.strip()
    if case["at"] == "system":
        return Prompt((Message(fault, "system"), *prompt.messages))
    if case["at"] == "chat":
        return Prompt((Message(f"{fault}\n\n{text}", "user"), Message("Yes.", "assistant")))
    if case["at"] == "flatten":
        text = " ".join(re.sub(r"[^\w\s.,?!'’]|_", " ", text).split())
    elif case["at"] == "start":
        text = f"{fault}\n\n{text}"
    elif case["at"] == "end":
        text = f"{text}\n\n{fault}"
    else:
        blank = next(
            (found.start() for found in re.finditer("\n\n", text) if _is_prose(text[: found.start()])), len(text)
        )
        text = f"{text[:blank]}\n\n{fault}{text[blank:]}"
    return Prompt((Message(text, first.role), *rest))


def _is_prose(before: str) -> bool:
    return before.count("```") % 2 == 0 and not before.startswith("---\n")


def fires(rule: Rule, prompt: Prompt) -> int:
    """Return how often the rule's check fires in a prompt that the rule applies to."""
    if not all(CONDITIONS[name].evidence(Subject(prompt)) for name in rule.when):
        return 0
    return len(check_rules(prompt, (rule,)))


def missed(prompts: dict[str, Prompt]) -> tuple[int, list[str]]:
    """Return how many faults were planted, and those that a rule with the check did not find: rule and prompt.

    A check that several guides share counts once for each prompt.
    """
    carriers = {f"{guide}/{rule.id}": pairs for pairs in rules_by_check().values() for guide, rule in pairs}
    count, lost = 0, []
    for case in cases():
        for prompt_id in case["prompts"]:
            before = prompts[prompt_id]
            after = planted(before, case)
            count += 1
            failed = [rule for _, rule in carriers[case["check"]] if fires(rule, after) <= fires(rule, before)]
            if failed:
                lost.append(f"{case['check']} in {prompt_id}")
    return count, lost
