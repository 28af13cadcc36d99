"""How values look on a page."""

from datetime import UTC, datetime

from jinja2 import Environment
from markdown_it import MarkdownIt
from markupsafe import Markup

from refrase.core.guide import Rule
from refrase.core.selection import CONDITIONS

_MARKDOWN = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table")


def register(environment: Environment) -> None:
    """Make the filters known to the templates."""
    environment.filters |= {
        "usd": _usd,
        "seconds": _seconds,
        "number": _number,
        "when": _when,
        "markdown": _markdown,
        "condition": _condition,
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


def _condition(rule: Rule) -> str:
    """Say when a rule applies."""
    return "; ".join(CONDITIONS[name].meaning for name in rule.when) or "always"


def _excerpt(text: str, length: int = 100) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= length else f"{flat[: length - 1]}…"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
