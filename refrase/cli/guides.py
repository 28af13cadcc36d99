"""refrase guides: what is known of the target models."""

import click

from refrase.cli import guides_check, guides_diff, guides_for, options, output


@click.group(context_settings=options.CONTEXT)
def command() -> None:
    """List, show, check and compare the guides of target models."""


@command.command("list", context_settings=options.CONTEXT)
@options.as_json
def list_guides(as_json: bool) -> None:
    """List every guide and the targets it knows, and which overlays change it."""
    guidebook = options.guides_in_force()
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
                    "overlays": guide.overlays,
                    "targets": [model.id for model in guide.models],
                }
                for guide in guidebook.guides
            ]
        )
        return
    for guide in guidebook.guides:
        own = [rule for rule in guide.rules if rule.overlay]
        changed = f", changed by {', '.join(guide.overlays)} (rules from there: {len(own)})" if guide.overlays else ""
        click.echo(
            f"{click.style(guide.id, bold=True)}  {guide.family} ({guide.vendor}): {len(guide.rules)} rules, "
            f"verified {guide.verified_at}, version {guide.version}{changed}"
        )
        for model in guide.models:
            click.echo(f"  {model.id:<26}{model.name}, {model.context_tokens:,} tokens")


@command.command("show", context_settings=options.CONTEXT)
@click.argument("guide_id", metavar="ID")
@options.as_json
def show_guide(guide_id: str, as_json: bool) -> None:
    """Show the guide ID, or the guide that knows the model ID, as it is in force: overlays applied and marked."""
    guide = options.guides_in_force().get_guide(guide_id)
    if as_json:
        output.print_json(guide)
        return
    click.echo(guide.markdown, nl=False)
    for overlay in guide.overlays:
        own = [rule.id for rule in guide.rules if rule.overlay == overlay]
        output.say(f"{overlay} changes this guide; its rules: {', '.join(own) or 'none, it only switches off'}.")


command.add_command(guides_check.command)
command.add_command(guides_diff.command)
command.add_command(guides_for.command)
