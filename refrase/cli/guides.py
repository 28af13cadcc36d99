"""refrase guides: what is known of the target models."""

from pathlib import Path

import click

from refrase.cli import options, output
from refrase.errors import EXIT_FAILED


@click.group(context_settings=options.CONTEXT)
def command() -> None:
    """List, show and check the guides of target models."""


@command.command("list", context_settings=options.CONTEXT)
@options.as_json
def list_guides(as_json: bool) -> None:
    """List every guide and the targets it knows."""
    from refrase.guidebook import read_guidebook
    from refrase.packaged import packaged_path

    guidebook = read_guidebook(packaged_path("guides"))
    if as_json:
        output.print_json(
            [
                {
                    "id": guide.id,
                    "family": guide.family,
                    "vendor": guide.vendor,
                    "verified_at": guide.verified_at,
                    "version": guide.version,
                    "rules": len(guide.rules),
                    "targets": [model.id for model in guide.models],
                }
                for guide in guidebook.guides
            ]
        )
        return
    for guide in guidebook.guides:
        click.echo(
            f"{click.style(guide.id, bold=True)}  {guide.family} ({guide.vendor}): {len(guide.rules)} rules, "
            f"verified {guide.verified_at}, version {guide.version}"
        )
        for model in guide.models:
            click.echo(f"  {model.id:<26}{model.name}, {model.context_tokens:,} tokens")


@command.command("show", context_settings=options.CONTEXT)
@click.argument("guide_id", metavar="ID")
@options.as_json
def show_guide(guide_id: str, as_json: bool) -> None:
    """Show the guide ID, or the guide that knows the model ID."""
    from refrase.guidebook import read_guidebook
    from refrase.packaged import packaged_path

    guide = read_guidebook(packaged_path("guides")).get_guide(guide_id)
    if as_json:
        output.print_json(guide)
    else:
        click.echo(guide.markdown, nl=False)


@command.command("check", context_settings=options.CONTEXT)
@click.argument("folder", required=False, type=click.Path(path_type=Path, exists=True, file_okay=False))
def check_guides(folder: Path | None) -> None:
    """Check every guide: form, unique ids, sources, dates, links. Exit code 1 where a fault is found."""
    from refrase.guidebook.book import read_guides
    from refrase.packaged import packaged_path

    where = folder or packaged_path("guides")
    found = read_guides(where)
    faults = 0
    for path, _, told in found:
        for fault in told:
            click.echo(f"{path}:{fault.line}: {fault.message}")
            faults += 1
    if faults or not found:
        output.say(f"{faults} fault{'' if faults == 1 else 's'}." if found else f"There is no guide in {where}.")
        raise click.exceptions.Exit(EXIT_FAILED)
    rules = sum(len(guide.rules) for _, guide, _ in found if guide)
    output.say(f"{len(found)} guide{'' if len(found) == 1 else 's'}, {rules} rules: no fault.")
