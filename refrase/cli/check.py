"""refrase check: two prompts held against each other, without a model."""

import asyncio
import sys
from contextlib import aclosing
from pathlib import Path

import click

from refrase.cli import options, output
from refrase.core.gate import Examination
from refrase.core.prompt import Prompt
from refrase.core.rewrite import Mode, Severity
from refrase.errors import EXIT_FAILED


@click.command(context_settings=options.CONTEXT)
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("after", type=click.Path(path_type=Path))
@options.mode
@options.syntax
@options.tools
@options.as_json
def command(before: Path, after: Path, mode: str, syntaxes: tuple[str, ...], tools: Path | None, as_json: bool) -> None:
    """Compare the prompt in AFTER with its original in BEFORE: what was lost, invented, changed or moved.

    No model is asked and nothing is stored. "-" reads one of them from standard input. Exit code 1 where a finding
    blocks, 0 where none does.
    """
    from refrase.environment import settings_from_environment
    from refrase.library.files import read_single
    from refrase.library.plaintext import read_plaintext
    from refrase.rendering import Rendering
    from refrase.services.checking import Checker

    def read(path: Path) -> Prompt:
        is_piped = str(path) == "-"
        document = read_plaintext(sys.stdin.buffer.read(), "Standard input") if is_piped else read_single(path)
        return document.slots[0].prompt

    with output.told_as_json(as_json):
        old, new = read(before), read(after)
        terms = options.terms_from_options(syntaxes, tools)

        async def check() -> Examination:
            async with aclosing(Rendering()) as rendering:
                checker = Checker(rendering, max_prompt_bytes=settings_from_environment().max_prompt_bytes)
                return await checker.check(old, new, mode=Mode(mode), terms=terms)

        seen = asyncio.run(check())
    if as_json:
        output.print_json(seen)
    else:
        output.say_findings(seen.findings)
        output.say_ledger(seen.ledger, old, new)
    count = sum(finding.severity is Severity.BLOCKING for finding in seen.findings)
    output.say(f"{before} → {after}: " + (f"{count} blocking." if count else "nothing blocks."))
    raise click.exceptions.Exit(EXIT_FAILED if count else 0)
