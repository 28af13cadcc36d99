"""Original against candidate: what the contract holds, compared by code alone."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import chain

from msgspec import Struct

from refrase.core.contract import Item, ItemKind
from refrase.core.literal import find_literals
from refrase.core.prompt import LOCKED_ROLES, Prompt, Span
from refrase.core.rewrite import Finding, Severity
from refrase.core.variable import find_variables

_BLOCKING, _WARNING = Severity.BLOCKING, Severity.WARNING


class _Law(Struct, frozen=True):
    """How much each way of not surviving weighs; None means that it may happen freely."""

    noun: str
    gone: Severity | None  # not there any more at all
    fewer: Severity | None  # there, but less often
    new: Severity | None  # the original has none such
    more: Severity | None  # there, but more often


_LAWS = {
    ItemKind.VARIABLE: _Law("variable", _BLOCKING, _BLOCKING, _BLOCKING, _WARNING),
    ItemKind.PLACEHOLDER: _Law("placeholder", _BLOCKING, _BLOCKING, _BLOCKING, _WARNING),
    # A rewrite may add tags as delimiters, and name one again where it refers to it.
    ItemKind.TAG: _Law("tag", _BLOCKING, _WARNING, None, None),
    # A fence around pasted text is a delimiter too; what stood in one must stay in one.
    ItemKind.CODE_BLOCK: _Law("code block", _BLOCKING, _BLOCKING, None, None),
    ItemKind.INLINE_CODE: _Law("inline code", _BLOCKING, None, None, None),
    ItemKind.URL: _Law("URL", _BLOCKING, None, _BLOCKING, None),
    ItemKind.NUMBER: _Law("number", _BLOCKING, _WARNING, _WARNING, None),
}

_SHOWN_CHARACTERS = 120


def items_of(prompt: Prompt) -> tuple[Item, ...]:
    """Return the contract of *prompt*: everything in it that must survive."""
    found: list[Item] = []
    for number, text in enumerate(prompt.texts):
        variables = list(find_variables(text, number))
        found += chain(variables, find_literals(text, variables, number))
    return tuple(found)


def check_fidelity(before: Prompt, after: Prompt) -> tuple[Finding, ...]:
    """Return everything of *before*'s contract that *after* does not keep, message by message.

    Both prompts must have the same messages; their number and roles are never the engine's to write.
    """
    if before == after:
        return ()
    wanted, given = _grouped(before), _grouped(after)
    findings: list[Finding] = list(_changed_material(before, after))
    for key in dict.fromkeys((*wanted, *given)):
        kind, _, value = key
        law = _LAWS[kind]
        finding = _compare(law, kind, value, wanted.get(key, []), given.get(key, []))
        if finding is not None and not _stands_unmarked(key, finding, after):
            findings.append(finding)
    return tuple(findings)


def _changed_material(before: Prompt, after: Prompt) -> Iterator[Finding]:
    for number, (old, new) in enumerate(zip(before.messages, after.messages, strict=True)):
        if old.role in LOCKED_ROLES and old.text != new.text:
            message = (
                f"Message {number + 1} has the role {old.role}: it is an example or a result, and must not change."
            )
            span = Span(0, len(new.text), number)
            yield Finding("message_changed", Severity.BLOCKING, message, Span(0, len(old.text), number), span)


def _grouped(prompt: Prompt) -> dict[tuple[ItemKind, int, str], list[Item]]:
    groups: dict[tuple[ItemKind, int, str], list[Item]] = defaultdict(list)
    for item in items_of(prompt):
        groups[item.kind, item.span.message, item.value].append(item)
    return groups


def _compare(law: _Law, kind: ItemKind, value: str, before: list[Item], after: list[Item]) -> Finding | None:
    had, has = len(before), len(after)
    what = f"The {law.noun} {_shown(value)}"
    if has < had:
        severity = law.fewer if has else law.gone
        message = (
            f"{what} stands {_times(had)} in the original and {_times(has)} in the rewrite."
            if has
            else f"{what} is lost."
        )
        word, span_before, span_after = "lost", before[has].span, None
    elif has > had:
        severity = law.more if had else law.new
        message = (
            f"{what} stands {_times(had)} in the original and {_times(has)} in the rewrite."
            if had
            else f"{what} is not in the original."
        )
        word, span_before, span_after = ("repeated" if had else "invented"), None, after[had].span
    else:
        return None
    if severity is None:
        return None
    return Finding(
        kind=f"{kind}_{word}",
        severity=severity,
        message=message,
        before=span_before,
        after=span_after,
        value=value,
    )


def _stands_unmarked(key: tuple[ItemKind, int, str], finding: Finding, after: Prompt) -> bool:
    """Inline code whose text is still there, only without its backticks, is not lost."""
    kind, message, value = key
    return kind is ItemKind.INLINE_CODE and finding.after is None and value in after.texts[message]


def _shown(value: str) -> str:
    flat = " ".join(value.split())
    return flat if len(flat) <= _SHOWN_CHARACTERS else f"{flat[: _SHOWN_CHARACTERS - 1]}…"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
