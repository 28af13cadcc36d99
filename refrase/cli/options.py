"""Options that more than one command takes, so that they are called and told alike."""

import click

from refrase.core.rewrite import EngineChoice, Mode

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
