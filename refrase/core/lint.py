"""Executable rules: the checks that guides carry as data, run by a few primitives (core.primitive).

A check is one primitive, and what narrows it (core.guide.Check):

- where, unless: the prompt holds a match of the first somewhere, and none of the second;
- place: only what begins in the first or the last paragraph of a message counts;
- after_characters: only what begins at that character of its message or later counts;
- more_than: so many are allowed; one finding stands at the first one over;
- first_only: of all finds in the prompt the first counts.

An expression that takes too long is given up, and the prompt is judged without the rule.
"""

from collections.abc import Iterable, Iterator

from refrase.core.guide import About, Check, Place, Rule
from refrase.core.pattern import matches
from refrase.core.prefilter import may_match
from refrase.core.primitive import last_paragraph, primitive_of
from refrase.core.prompt import LOCKED_ROLES, UNSTATED_ROLE, Prompt, Span
from refrase.core.rewrite import Finding, Severity

_SHOWN_CHARACTERS = 80


def check_rules(prompt: Prompt, rules: Iterable[Rule]) -> tuple[Finding, ...]:
    """Return what the checks of *rules* find in *prompt*, in the order of the rules, then of the text."""
    return tuple(
        finding
        for rule in rules
        if rule.check is not None and rule.about is About.PROMPT
        for finding in _findings(prompt, rule, rule.check)
    )


def _findings(prompt: Prompt, rule: Rule, check: Check) -> tuple[Finding, ...]:
    try:
        if not (_may_find(prompt, check) and _applies(prompt, check)):
            return ()
        if _is_of_whole(check):
            return (_finding(rule, check, None, ""),) if _is_broken(prompt, check) else ()
        found = tuple(_found(prompt, rule, check))
    except TimeoutError:
        message = f"The check of the rule {rule.id!r} took too long on this prompt and was given up."
        return (Finding("check_too_slow", Severity.NOTE, message, rule=rule.id),)
    return _counted(found, check)


def _may_find(prompt: Prompt, check: Check) -> bool:
    """Return False where what the check looks for surely stands nowhere in the prompt."""
    pattern = check.pattern
    return pattern is None or any(may_match(pattern, message.text) for message in prompt.messages)


def _applies(prompt: Prompt, check: Check) -> bool:
    texts = prompt.texts
    if check.where is not None and not any(matches(check.where, text) for text in texts):
        return False
    return check.unless is None or not any(matches(check.unless, text) for text in texts)


def _is_of_whole(check: Check) -> bool:
    """Return whether the check judges the prompt as a whole: its finding has no place."""
    primitives = (check.missing, check.longer_than_characters, check.present_role, check.absent_role)
    return any(value is not None for value in primitives)


def _is_broken(prompt: Prompt, check: Check) -> bool:
    if check.missing is not None:
        return not any(matches(check.missing, text) for text in prompt.texts)
    if check.longer_than_characters is not None:
        return prompt.characters > check.longer_than_characters
    roles = {message.role for message in prompt.messages}
    if check.present_role is not None:
        return check.present_role in roles
    # Where roles are not stated nothing is known of them.
    return roles.isdisjoint({UNSTATED_ROLE, check.absent_role})


def _found(prompt: Prompt, rule: Rule, check: Check) -> Iterator[Finding]:
    primitive = primitive_of(check)
    for number, message in enumerate(prompt.messages):
        if message.role in LOCKED_ROLES:
            continue
        first, end = _stretch(message.text, check)
        for found in primitive(message.text, check):
            if first <= found.start < end:
                span = Span(found.start, found.end, number)
                yield _finding(rule, check, span, message.text[found.start : found.end], found.other)


def _stretch(text: str, check: Check) -> tuple[int, int]:
    """Return from where to where of *text* a find may begin."""
    first, end = check.after_characters or 0, len(text) + 1
    if check.place is Place.LAST:
        first = max(first, last_paragraph(text))
    elif check.place is Place.FIRST:
        begin = len(text) - len(text.lstrip())
        blank = text.replace("\r", "").find("\n\n", begin)
        end = blank if blank >= 0 else end
    return first, end


def _counted(found: tuple[Finding, ...], check: Check) -> tuple[Finding, ...]:
    if check.more_than is not None:
        return found[check.more_than : check.more_than + 1]
    return found[:1] if check.first_only else found


def _finding(rule: Rule, check: Check, span: Span | None, match: str, other: str = "") -> Finding:
    message = check.message.replace("{match}", _short(match)).replace("{other}", _short(other))
    return Finding("guide_rule", Severity.NOTE, message, before=span, value=match, rule=rule.id)


def _short(text: str) -> str:
    return " ".join(text.split())[:_SHOWN_CHARACTERS]
