"""refrase history: the stored pairs."""

import asyncio
import sys
from contextlib import nullcontext
from itertools import groupby
from pathlib import Path

import click

from refrase.cli import options, output
from refrase.core.rewrite import Outcome, Rewrite

_EXCERPT_CHARACTERS = 60


@click.group(context_settings=options.CONTEXT)
def command() -> None:
    """List, show and export the stored pairs, and tell which ones a guide has left behind."""


@command.command("list", context_settings=options.CONTEXT)
@click.option("--search", default="", metavar="TEXT", help="Only pairs with this text in the prompt, rewrite or name.")
@click.option(
    "--outcome", type=click.Choice([outcome.value for outcome in Outcome]), help="Only pairs with this outcome."
)
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000), help="How many.")
@options.as_json
def list_pairs(search: str, outcome: str | None, limit: int, as_json: bool) -> None:
    """List the newest pairs."""
    from refrase.bootstrap import open_services, settings_from_environment
    from refrase.storage.rewrites import Query

    async def read() -> tuple[Rewrite, ...]:
        async with open_services(settings_from_environment()) as services:
            page = await services.history.get_page(Query(text=search, outcome=outcome or ""), limit=limit)
            return page.items

    pairs = asyncio.run(read())
    if as_json:
        output.print_json(pairs)
        return
    for pair in pairs:
        excerpt = " ".join(" ".join(pair.before.texts).split())[:_EXCERPT_CHARACTERS]
        when = pair.created_at.astimezone().strftime("%Y-%m-%d %H:%M")
        engine = " (offline)" if pair.notice else ""
        click.echo(
            f"{pair.id}  {when}  {output.outcome_word(pair.outcome)}{engine}  {pair.provenance.target}  "
            f"{pair.name or excerpt}"
        )
    if not pairs:
        output.say("No pair is stored yet." if not (search or outcome) else "No pair matches.")


@command.command("show", context_settings=options.CONTEXT)
@click.argument("rewrite_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print the pair and its calls, raw replies included, as JSON.")
def show_pair(rewrite_id: str, as_json: bool) -> None:
    """Show the pair ID: its difference, changes, checks and provenance."""
    from refrase.bootstrap import open_services, settings_from_environment

    async def read() -> None:
        async with open_services(settings_from_environment()) as services:
            pair, attempts = await services.history.get(rewrite_id)
            if as_json:
                output.print_json({"rewrite": pair, "attempts": attempts})
                return
            click.echo(output.unified_diff(pair, pair.name or "prompt"), nl=False)
            target = services.guidebook.find_target(pair.provenance.target)
            output.say_explanation(pair, {rule.id: rule.sources[0].url for rule in (target.rules if target else ())})
            output.say_summary(pair)

    asyncio.run(read())


@command.command("stale", context_settings=options.CONTEXT)
@click.option("--target", default="", metavar="TARGET", help="Only pairs for this target.")
@options.as_json
def list_stale(target: str, as_json: bool) -> None:
    """List the pairs whose guide has changed since, by target.

    Of one prompt only the newest pair counts. `refrase batch … --stale` makes those of a library anew.
    """
    from refrase.bootstrap import open_services, settings_from_environment
    from refrase.services.staleness import StalePair

    async def read() -> tuple[StalePair, ...]:
        async with open_services(settings_from_environment()) as services:
            return await services.staleness.find(target)

    pairs = asyncio.run(read())
    if as_json:
        output.print_json(pairs)
        return
    for name, found in groupby(pairs, key=lambda pair: pair.target):
        of_target = list(found)
        now = of_target[0].current_version
        state = f"guide {of_target[0].guide} is at {now}" if now else "no guide knows it any more"
        click.echo(f"{click.style(name, bold=True)} ({len(of_target)}): {state}")
        for pair in of_target:
            when = pair.created_at.astimezone().strftime("%Y-%m-%d %H:%M")
            gone = f"; rules gone: {', '.join(pair.rules_gone)}" if pair.rules_gone else ""
            how = f"{pair.mode}, {pair.engine}"
            click.echo(f"  {pair.id}  {when}  by {pair.guide_version} ({how})  {pair.name}{gone}".rstrip())
    if not pairs:
        output.say("No pair is stale.")


@command.command("export", context_settings=options.CONTEXT)
@click.option("--out", type=click.Path(path_type=Path), help="Write to this file instead of standard output.")
@click.option("--search", default="", metavar="TEXT", help="Only pairs with this text.")
@click.option(
    "--outcome", type=click.Choice([outcome.value for outcome in Outcome]), help="Only pairs with this outcome."
)
def export_pairs(out: Path | None, search: str, outcome: str | None) -> None:
    """Export pairs as JSON Lines, the newest first."""
    import msgspec

    from refrase.bootstrap import open_services, settings_from_environment
    from refrase.errors import OutputRefused
    from refrase.storage.rewrites import Query

    async def write() -> int:
        count = 0
        async with open_services(settings_from_environment()) as services:
            with out.open("wb") if out else nullcontext(sys.stdout.buffer) as stream:
                async for pair in services.history.export(Query(text=search, outcome=outcome or "")):
                    stream.write(msgspec.json.encode(pair) + b"\n")
                    count += 1
        return count

    try:
        count = asyncio.run(write())
    except OSError as error:
        raise OutputRefused(f"The export cannot be written: {error.strerror}.") from None
    output.say(f"{count} pairs.")
