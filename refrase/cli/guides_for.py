"""refrase guides for: which rules of a guide apply to a prompt, and why the others do not."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from refrase.cli import options, output
from refrase.core.applicability import Applicability, Ground, Sighting, applicability_of
from refrase.core.prompt import check_prompt

if TYPE_CHECKING:
    from refrase.core.prompt import Prompt
    from refrase.core.target import Target

_TITLES = {
    Ground.CONDITION_FAILS: "Do not apply: the condition is not met",
    Ground.OTHER_MODEL: "Do not apply: they are about other models of the family",
    Ground.ABOUT_REQUEST: "Are about the call, not the prompt",
    Ground.ABOUT_INTEGRATION: "Are about the code around the call",
}


@click.command("for", context_settings=options.CONTEXT)
@click.argument("target")
@click.argument("file", type=click.Path(path_type=Path))
@options.syntax
@options.tools
@options.as_json
def command(target: str, file: Path, syntaxes: tuple[str, ...], tools: Path | None, as_json: bool) -> None:
    """Show which rules for TARGET apply to the prompt in FILE ("-": standard input), and why the others do not.

    No model is asked and nothing is stored.
    """
    from refrase.environment import settings_from_environment
    from refrase.library.files import read_single
    from refrase.library.plaintext import read_plaintext

    with output.told_as_json(as_json):
        known = options.guides_in_force().get_target(target)
        is_piped = str(file) == "-"
        document = read_plaintext(sys.stdin.buffer.read(), "Standard input") if is_piped else read_single(file)
        prompt = document.slots[0].prompt
        check_prompt(prompt, max_prompt_bytes=settings_from_environment().max_prompt_bytes)
        rules = applicability_of(known, prompt, options.terms_from_options(syntaxes, tools))
    if as_json:
        guide = known.guide
        head = {"target": known.id, "guide": guide.id, "guide_version": guide.version, "overlays": guide.overlays}
        output.print_json({**head, "rules": rules})
    else:
        _show(known, prompt, rules)


def _show(target: "Target", prompt: "Prompt", rules: tuple[Applicability, ...]) -> None:
    applying = [rule for rule in rules if rule.applies]
    click.echo(click.style(f"Apply ({len(applying)} of {len(rules)} rules)", bold=True))
    for rule in applying:
        click.echo(f"  {click.style(rule.rule, fg='green')}{_origin(rule)} {rule.text}")
        if rule.ground is Ground.CONDITION_HOLDS:
            click.echo(f"    because {rule.why}")
        for sighting in rule.seen:
            click.echo(click.style(f"    {_place(sighting, prompt)}{sighting.message}", fg="yellow"))
    for ground, title in _TITLES.items():
        _show_others(title, [rule for rule in rules if rule.ground is ground])
    broken = sum(bool(rule.seen) for rule in applying)
    version = f"{target.guide.id} {target.guide.version}"
    output.say(f"{target.id}, guide {version}: {len(applying)} rules apply, code sees {broken} of them broken.")


def _show_others(title: str, rules: Iterable[Applicability]) -> None:
    listed = list(rules)
    if listed:
        click.echo(click.style(f"\n{title} ({len(listed)})", bold=True))
    for rule in listed:
        condition = f"when: {rule.condition}; " if rule.condition else ""
        shown = f"{condition}{rule.why}" if rule.ground in {Ground.CONDITION_FAILS, Ground.OTHER_MODEL} else rule.text
        click.echo(f"  {rule.rule}{_origin(rule)} {shown}")


def _origin(rule: Applicability) -> str:
    return f" ({rule.overlay})" if rule.overlay else ""


def _place(sighting: Sighting, prompt: "Prompt") -> str:
    if sighting.line is None or sighting.message_number is None:
        return ""
    message = f" of message {sighting.message_number + 1}" if len(prompt.messages) > 1 else ""
    return f"line {sighting.line}{message}: "
