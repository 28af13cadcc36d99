"""Options that more than one command takes, so that they are called and told alike."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from refrase.core.rewrite import EngineChoice, Mode
from refrase.core.syntax import Syntax
from refrase.core.terms import Terms

if TYPE_CHECKING:
    from refrase.guidebook import Guidebook

CONTEXT = {"help_option_names": ["-h", "--help"]}

target = click.option(
    "--for", "target", metavar="TARGET", help="The model to rewrite for (default: kimi-k2-0905, or as set)."
)
engine = click.option(
    "--engine",
    type=click.Choice([choice.value for choice in EngineChoice]),
    default=EngineChoice.MODEL.value,
    show_default=True,
    help="Who rewrites; offline applies the guide's mechanical fixes.",
)
mode = click.option(
    "--mode",
    type=click.Choice([mode.value for mode in Mode]),
    default=Mode.CONSERVATIVE.value,
    show_default=True,
    help="How far to go.",
)
fresh = click.option("--fresh", is_flag=True, help="Ask anew, even where the same was answered before.")
as_json = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
accept_warnings = click.option(
    "--accept-warnings",
    is_flag=True,
    help="Where no rewrite passes the checks, take the best one all the same, marked as flagged.",
)
call = click.option(
    "--call",
    "call",
    type=click.Path(path_type=Path),
    help="A JSON file with the request that calls the prompt today; it is translated for the target.",
)
budget = click.option(
    "--budget-usd",
    type=click.FloatRange(min=0, min_open=True),
    help="The most that it may cost, in US dollars; no call is made that could pass it.",
)
syntax = click.option(
    "--syntax",
    "syntaxes",
    multiple=True,
    type=click.Choice([syntax.value for syntax in Syntax]),
    metavar="SYNTAX",
    help="The template syntax of the prompt, where code should not find it out; may be given more than once.",
)
tools = click.option(
    "--tools",
    "tools",
    type=click.Path(path_type=Path),
    help="A JSON file with the tools that the target is called with; their names in the prompt are kept.",
)


def call_from_option(path: Path | None) -> dict[str, Any]:
    """Return today's request, empty where none is given. Raises FileUnreadable and CallInvalid."""
    from refrase.core.request import read_request
    from refrase.library.files import read_bytes

    return read_request(read_bytes(path), str(path)) if path else {}


def terms_from_options(syntaxes: tuple[str, ...], tools: Path | None, call: dict[str, Any] | None = None) -> Terms:
    """Return what the caller states of the prompt; the tools of *call* where none are stated by themselves.

    Raises FileUnreadable and OptionInvalid.
    """
    from refrase.core.tool import tools_from_json
    from refrase.library.files import read_json

    stated = frozenset(map(Syntax, syntaxes)) or None
    told = read_json(tools) if tools else (call or {}).get("tools")
    return Terms(stated, tools_from_json(told) if told else None)


def guides_in_force() -> "Guidebook":
    """Return the guides that ship, with what stands in the user's own folder. Raises GuideInvalid, SettingsInvalid."""
    from refrase.environment import settings_from_environment
    from refrase.guidebook import read_guidebook
    from refrase.packaged import packaged_path

    return read_guidebook(packaged_path("guides"), settings_from_environment().guides_folder)
