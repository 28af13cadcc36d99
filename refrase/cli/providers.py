"""refrase providers: where the engine can be asked, what is sent there, and whether it answers."""

import asyncio

import click

from refrase.cli import options, output
from refrase.errors import EXIT_FAILED


@click.group(context_settings=options.CONTEXT)
def command() -> None:
    """List, show and check the providers of the engine."""


@command.command("list", context_settings=options.CONTEXT)
@options.as_json
def list_providers(as_json: bool) -> None:
    """List every provider, and which of them has a key."""
    from refrase.bootstrap import settings_from_environment
    from refrase.engine.providers import read_providers
    from refrase.engine_setup import chosen_provider

    settings = settings_from_environment()
    providers = read_providers(settings.providers_file)
    chosen = chosen_provider(settings, providers).name
    rows = [
        {
            "name": name,
            "title": provider.title,
            "base_url": provider.base_url,
            "model": provider.model,
            "has_key": settings.secrets.find(*provider.key_variables) is not None,
            "is_chosen": name == chosen,
        }
        for name, provider in providers.items()
    ]
    if as_json:
        output.print_json(rows)
        return
    for row in rows:
        mark = "→" if row["is_chosen"] else " "
        key = "key set" if row["has_key"] else ""
        click.echo(f"{mark} {row['name']:<18}{row['title']:<32}{row['model']:<38}{key}".rstrip())


@command.command("show", context_settings=options.CONTEXT)
@click.argument("name")
@options.as_json
def show_provider(name: str, as_json: bool) -> None:
    """Show the profile NAME: address, models, limits, prices, quirks, and the page it was read on."""
    import msgspec

    from refrase.bootstrap import settings_from_environment
    from refrase.engine.providers import get_provider, read_providers

    provider = get_provider(read_providers(settings_from_environment().providers_file), name)
    if as_json:
        output.print_json(provider)
        return
    click.secho(provider.title, bold=True)
    for field, value in msgspec.to_builtins(provider).items():
        if field not in {"title", "models", "reasons"} and value not in ("", None, [], {}):
            click.echo(f"  {field:<22}{', '.join(value) if isinstance(value, list) else value}")
    for model in provider.models:
        click.echo(f"  {model.pattern}")
        for field, value in msgspec.to_builtins(model).items():
            if field != "pattern" and value not in ("", None, {}):
                click.echo(f"    {field:<20}{value}")


@command.command("check", context_settings=options.CONTEXT)
@click.argument("name", required=False)
@click.option("--no-call", is_flag=True, help="Do not ask the provider anything.")
@options.as_json
def check_provider(name: str | None, no_call: bool, as_json: bool) -> None:
    """Tell what a call to NAME (default: the chosen provider) would carry and why, and whether it answers.

    It is asked for its list of models, which costs nothing. Exit code 1 where it does not answer or does not list
    the model.
    """
    from refrase.bootstrap import settings_from_environment
    from refrase.engine_setup import check_provider as check

    report = asyncio.run(check(settings_from_environment(), name or "", calls=not no_call))
    if as_json:
        output.print_json(report)
    else:
        click.secho(f"{report.name}: {report.model} at {report.base_url}", bold=True)
        for item in report.decisions:
            value = "" if item.value is None else f" {item.value}"
            click.echo(f"  {item.name:<24}{item.use}{value}. {item.reason}")
        click.echo(f"  {'price':<24}{report.price}")
        for line in report.answered:
            click.echo(f"  {line}")
    if not report.is_good:
        raise SystemExit(EXIT_FAILED)
