"""refrase providers: where the engine can be asked, what is sent there, and whether it answers."""

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from refrase.cli import options, output
from refrase.errors import EXIT_FAILED

if TYPE_CHECKING:
    from msgspec import Struct


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
    widths = {field: max(len(str(row[field])) for row in rows) + 2 for field in ("name", "title", "model")}
    for row in rows:
        mark = "→" if row["is_chosen"] else " "
        key = "key set" if row["has_key"] else ""
        columns = "".join(str(row[field]).ljust(width) for field, width in widths.items())
        click.echo(f"{mark} {columns}{key}".rstrip())


@command.command("show", context_settings=options.CONTEXT)
@click.argument("name")
@options.as_json
def show_provider(name: str, as_json: bool) -> None:
    """Show the profile NAME: address, models, limits, prices, quirks, and the page it was read on."""
    from refrase.bootstrap import settings_from_environment
    from refrase.engine.providers import get_provider, read_providers

    provider = get_provider(read_providers(settings_from_environment().providers_file), name)
    if as_json:
        output.print_json(provider)
        return
    click.secho(provider.title, bold=True)
    unused = {"api_version"} if provider.form == "openai" else set[str]()
    for line in _told(provider, {"title", "models", "reasons"} | unused):
        click.echo(f"  {line}")
    for model in provider.models:
        click.echo(f"  {model.pattern}")
        for line in _told(model, {"pattern"}):
            click.echo(f"    {line}")


def _told(profile: "Struct", left_out: set[str]) -> Iterator[str]:
    """Yield what a profile says, field by field, without what it leaves open."""
    from msgspec import to_builtins

    for field, value in to_builtins(profile).items():
        if field not in left_out and value not in ("", None, (), [], {}):
            yield f"{field:<22}{_plain(value)}"


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_plain(inner)}" for key, inner in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


@command.command("check", context_settings=options.CONTEXT)
@click.argument("name", required=False)
@click.option("--no-call", is_flag=True, help="Do not ask the provider anything.")
@options.as_json
def check_provider(name: str | None, no_call: bool, as_json: bool) -> None:
    """Tell what a call to NAME (default: the chosen provider) would carry and why, and whether it answers.

    It is asked for its list of models and, where it counts tokens, for a count; neither costs anything. Exit code 1
    where it does not answer or does not list the model.
    """
    from refrase.bootstrap import settings_from_environment
    from refrase.provider_check import check_provider as check

    report = asyncio.run(check(settings_from_environment(), name or "", calls=not no_call))
    if as_json:
        output.print_json(report)
    else:
        click.secho(f"{report.name}: {report.model} at {report.base_url}", bold=True)
        for item in report.decisions:
            click.echo(f"  {item.name:<24}{item.use}{output.assigned(item.value)}. {item.reason}")
        click.echo(f"  {'price':<24}{report.price}")
        for line in report.answered:
            click.echo(f"  {line}")
    if not report.is_good:
        raise SystemExit(EXIT_FAILED)
