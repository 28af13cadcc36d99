"""Hands both texts to the guarded process and turns its answer into findings."""

import asyncio
import os
import time
from collections.abc import Iterator
from typing import Any

from refrase.core.prompt import Prompt, Span
from refrase.core.rewrite import Finding, Severity
from refrase.core.syntax import Syntax, find_syntaxes
from refrase.core.terms import Terms
from refrase.rendering.guarded import CAN_FORK, Guarded

# Syntaxes that an engine here can read.
RENDERED = (Syntax.JINJA, Syntax.LIQUID, Syntax.MUSTACHE, Syntax.FORMAT, Syntax.DOLLAR, Syntax.PERCENT)
_LONGEST_SECONDS = 8.0
_LONGEST_CHARACTERS = 400_000
_ALL_MESSAGES_SECONDS = 30.0
_SHOWN_CHARACTERS = 80
_SHOWN = 5


class Rendering:
    """Compares templates. `check` never raises for what a template does: it is skipped with a note instead."""

    def __init__(
        self, *, most_at_once: int | None = None, longest_seconds: float = _LONGEST_SECONDS, forks: bool = CAN_FORK
    ) -> None:
        self._gate = asyncio.Semaphore(most_at_once or os.cpu_count() or 2)
        self._guarded = Guarded(longest_seconds=longest_seconds, forks=forks)

    async def aclose(self) -> None:
        """End the guarded process."""
        await self._guarded.aclose()

    async def check(self, before: Prompt, after: Prompt, terms: Terms) -> tuple[Finding, ...]:
        """Return what the engines of the templates in *before* say of *after*: broken, a value lost, one invented."""
        findings: list[Finding] = []
        ends_at = time.monotonic() + _ALL_MESSAGES_SECONDS
        for number, (old, new) in enumerate(zip(before.texts, after.texts, strict=True)):
            if old == new:
                continue
            if time.monotonic() > ends_at:
                findings.append(_skipped(RENDERED[0], "the messages before it took too long", number))
                break
            findings += await self._check_text(old, new, number, terms)
        return tuple(findings)

    async def _check_text(self, old: str, new: str, number: int, terms: Terms) -> list[Finding]:
        syntaxes = find_syntaxes(old) if terms.syntaxes is None else terms.syntaxes
        wanted = [syntax for syntax in RENDERED if syntax in syntaxes]
        if not wanted:
            return []
        if len(old) + len(new) > _LONGEST_CHARACTERS:
            return [_skipped(wanted[0], "the text is too long", number)]
        async with self._gate:
            answer = await self._guarded.ask({"before": old, "after": new, "syntaxes": wanted})
        if isinstance(answer, str):
            return [_skipped(wanted[0], answer, number)]
        return [finding for syntax in wanted for finding in _findings(syntax, answer.get(syntax, {}), new, number)]


def _findings(syntax: Syntax, told: dict[str, Any], new: str, number: int) -> Iterator[Finding]:
    span = Span(0, len(new), number)
    if told.get("skipped"):
        yield _skipped(syntax, told["skipped"], number)
    if told.get("broken"):
        message = f"As a template of {syntax} the rewrite cannot be read any more: {told['broken']}"
        yield Finding("template_broken", Severity.BLOCKING, message, after=span)
    for word, kind, what in (
        ("lost", "template_value_lost", "does not fill in {}, which the original does"),
        ("invented", "template_value_invented", "wants a value for {}, which the original does not"),
    ):
        for name in told.get(word, [])[:_SHOWN]:
            shown = name if len(name) <= _SHOWN_CHARACTERS else f"{name[:_SHOWN_CHARACTERS]}…"
            message = f"As a template of {syntax} the rewrite {what.format(repr(shown))}."
            yield Finding(kind, Severity.BLOCKING, message, after=span, value=shown)


def _skipped(syntax: Syntax, why: str, number: int) -> Finding:
    message = f"As a template of {syntax} message {number + 1} was not rendered: {why}."
    return Finding("template_not_rendered", Severity.NOTE, message, before=Span(0, 0, number))
