"""How values look on a page."""

import re
from datetime import UTC, datetime

from jinja2 import Environment
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from refrase.web.guide_words import check_of, condition_of, fix_of, message_of, narrowed_of, price_of, told_of

_MARKDOWN = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table")


def register(environment: Environment) -> None:
    """Make the filters known to the templates."""
    environment.filters |= {
        "usd": _usd,
        "seconds": _seconds,
        "number": _number,
        "when": _when,
        "markdown": _markdown,
        "condition": condition_of,
        "check_words": check_of,
        "check_narrowed": narrowed_of,
        "fix_words": fix_of,
        "check_message": message_of,
        "usd_price": price_of,
        "told": told_of,
        "mark": _mark,
        "excerpt": _excerpt,
        "count": _count,
    }


def _usd(value: float | None) -> str:
    if value is None:
        return "not known"
    return f"${value:.2f}" if value >= 1 else f"${value:.4f}"


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f} s"


def _number(value: int | None) -> str:
    return "–" if value is None else f"{value:,}"


def _when(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def _markdown(text: str) -> Markup:
    """Render Markdown of a guide; raw HTML in it is shown as text."""
    return Markup(_MARKDOWN.render(text))  # noqa: S704 - markdown-it escapes what it does not render


def _mark(text: str, terms: tuple[str, ...]) -> Markup:
    """Mark the *terms* in *text*."""
    if not terms:
        return escape(text)
    found = re.compile("|".join(re.escape(term) for term in sorted(terms, key=len, reverse=True)), re.IGNORECASE)
    position, parts = 0, []
    for match in found.finditer(text):
        parts += [escape(text[position : match.start()]), Markup("<mark>{}</mark>").format(match.group())]
        position = match.end()
    return Markup("").join([*parts, escape(text[position:])])


def _excerpt(text: str, length: int = 100) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= length else f"{flat[: length - 1]}…"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
