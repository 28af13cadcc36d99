"""refrase rewrite: one prompt in, its rewrite out."""

import asyncio
import sys
from pathlib import Path

import click

from refrase.cli import options, output
from refrase.core.rewrite import EngineChoice, Mode, Order, Rewrite
from refrase.errors import EngineNotConfigured
from refrase.library.document import Document


@click.command(context_settings=options.CONTEXT)
@click.argument("file", required=False, type=click.Path(path_type=Path))
@options.target
@options.engine
@options.mode
@click.option("--out", type=click.Path(path_type=Path), help="Write the rewrite to this file.")
@options.as_json
@click.option("--diff", is_flag=True, help="Print the difference instead of the text.")
@click.option("--explain", is_flag=True, help="Tell each change with its rule and source, checks and settings.")
@options.fresh
@options.syntax
@options.tools
@options.accept_warnings
@options.budget
@options.call
def command(
    file: Path | None,
    target: str | None,
    engine: str,
    mode: str,
    out: Path | None,
    as_json: bool,
    diff: bool,
    explain: bool,
    fresh: bool,
    syntaxes: tuple[str, ...],
    tools: Path | None,
    accept_warnings: bool,
    budget_usd: float | None,
    call: Path | None,
) -> None:
    """Rewrite the prompt in FILE, or from standard input, for a target model.

    The text goes to standard output, everything said about it to standard error. A front matter stays as it is.
    What stands between <!-- refrase:lock --> and <!-- /refrase:lock --> is left as it is.
    Exit codes: 0 done or unchanged, 2 bad input, 3 returned or flagged, 4 no engine, 5 the engine failed, 6 database.
    """
    from refrase.bootstrap import settings_from_environment
    from refrase.core.request import call_from_json
    from refrase.library.files import read_single, write_atomically
    from refrase.library.plaintext import read_plaintext

    with output.told_as_json(as_json):
        if file is None and sys.stdin.isatty():
            output.say("Paste the prompt, then press Ctrl-D (Windows: Ctrl-Z, Enter).")
        document = read_plaintext(sys.stdin.buffer.read(), "Standard input") if file is None else read_single(file)
        settings = settings_from_environment()
        today = options.call_from_option(call)
        order = Order(
            prompt=document.slots[0].prompt,
            target=target or settings.default_target,
            engine=EngineChoice(engine),
            mode=Mode(mode),
            is_fresh=fresh,
            name=str(file) if file else "",
            terms=options.terms_from_options(syntaxes, tools, today),
            call=call_from_json(today) if call else None,
            accepts_warnings=accept_warnings,
            budget_usd=budget_usd,
        )
        rewrite, sources = asyncio.run(_rewrite(order, is_interactive=not as_json))
        data = document.with_prompts({"": rewrite.after})
        if out is not None:
            write_atomically(out, data)
    _show(rewrite, data, document, sources, out=out, as_json=as_json, diff=diff, explain=explain)
    raise click.exceptions.Exit(output.exit_code_of(rewrite))


async def _rewrite(order: Order, *, is_interactive: bool) -> tuple[Rewrite, dict[str, str]]:
    import msgspec

    from refrase.bootstrap import open_services, settings_from_environment
    from refrase.cli.live import LiveLine

    async with open_services(settings_from_environment()) as services:
        with LiveLine() as line:
            try:
                rewrite = await services.rewriter.rewrite(order, line.watch)
            except EngineNotConfigured as error:
                if not (is_interactive and sys.stdin.isatty() and sys.stderr.isatty()):
                    hint = f"{error.hint} With --engine offline the guide's mechanical fixes are applied."
                    raise EngineNotConfigured(error.detail, hint=hint) from None
                output.show_error(error)
                if not click.confirm("Apply the guide's mechanical fixes offline instead?", default=True, err=True):
                    raise
                offline = msgspec.structs.replace(order, engine=EngineChoice.OFFLINE)
                rewrite = await services.rewriter.rewrite(offline, line.watch)
        target = services.guidebook.find_target(rewrite.provenance.target)
        return rewrite, {rule.id: rule.sources[0].url for rule in (target.rules if target else ())}


def _show(
    rewrite: Rewrite,
    data: bytes,
    document: Document,
    sources: dict[str, str],
    *,
    out: Path | None,
    as_json: bool,
    diff: bool,
    explain: bool,
) -> None:
    if as_json:
        output.print_json(rewrite)
    elif diff:
        click.echo(output.unified_diff(rewrite, rewrite.name or "prompt"), nl=False)
    elif out is None:
        output.print_bytes(data)
        if sys.stdout.isatty() and not document.source.endswith("\n"):
            click.echo()
    if explain:
        output.say_explanation(rewrite, sources)
    output.say_summary(rewrite)
    if out is not None:
        note = "" if rewrite.after != rewrite.before else " (the original text)"
        output.say(f"  written to {out}{note}")
