"""refrase guides diff: two states of guides, rule by rule."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from refrase.cli import options, output
from refrase.core.guidediff import FieldChange, GuideDiff, ThingsDiff, diff_guides
from refrase.core.worddiff import DiffKind
from refrase.errors import EXIT_BAD_INPUT, EXIT_FAILED, FileUnreadable, GuideInvalid, GuideNotFound, OptionInvalid

if TYPE_CHECKING:
    from refrase.core.guide import Guide

_MARKS = {DiffKind.SAME: "{}", DiffKind.REMOVED: "[-{}-]", DiffKind.ADDED: "{{+{}+}}"}
_COLOURS = {DiffKind.SAME: None, DiffKind.REMOVED: "red", DiffKind.ADDED: "green"}


@click.command("diff", context_settings=options.CONTEXT)
@click.argument("old")
@click.argument("new")
@options.as_json
def command(old: str, new: str, as_json: bool) -> None:
    """Compare guides: which rules, models, settings and sections are new, gone or changed, and in which words.

    OLD and NEW are each a guide's file, a folder of guides, or the id of a guide in use (overlays applied).
    Exit code 0 where nothing differs, 1 where something does, 2 where one of them cannot be read.
    """
    try:
        with output.told_as_json(as_json):
            before, after = _read(old), _read(new)
    except GuideInvalid as error:
        output.show_error(error)
        raise click.exceptions.Exit(EXIT_BAD_INPUT) from None
    if len(before) == len(after) == 1:
        # Two files are two states of one guide, whatever they are called.
        before = dict(zip(after, before.values(), strict=True))
    gone = [key for key in before if key not in after]
    new_ones = [key for key in after if key not in before]
    diffs = [diff_guides(guide, after[key]) for key, guide in before.items() if key in after]
    diffs = [diff for diff in diffs if not diff.is_empty]
    if as_json:
        output.print_json({"added": new_ones, "removed": gone, "changed": diffs})
    else:
        for sign, colour, keys in (("-", "red", gone), ("+", "green", new_ones)):
            for key in keys:
                click.echo(click.style(f"{sign} guide {key}", fg=colour))
        for diff in diffs:
            _show(diff)
    raise click.exceptions.Exit(EXIT_FAILED if diffs or gone or new_ones else 0)


def _read(where: str) -> "dict[str, Guide]":
    """Return the guides that *where* means, by id. Raises GuideInvalid, FileUnreadable and OptionInvalid."""
    from refrase.guidebook import parse_guide
    from refrase.guidebook.book import guidebook_from
    from refrase.guidebook.overlay import is_overlay
    from refrase.guidebook.reader import GuideReader

    path = Path(where)
    if path.is_dir():
        return {guide.id: guide for guide in guidebook_from(GuideReader(path).read()).guides}
    if path.is_file():
        try:
            markdown = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise FileUnreadable(f"{path} cannot be read: {error}.") from None
        if is_overlay(markdown):
            hint = "The id of a guide means it with its overlays: refrase guides diff FILE ID"
            raise OptionInvalid(f"{path} is an overlay, not a guide.", hint=hint)
        guide, faults = parse_guide(markdown, None)
        if guide is None:
            raise GuideInvalid(f"{path}:{faults[0].line}: {faults[0].message}")
        return {guide.id: guide}
    try:
        guide = options.guides_in_force().get_guide(where)
    except GuideNotFound:
        raise FileUnreadable(f"{where} is no file, no folder and no guide in use.") from None
    return {guide.id: guide}


def _show(diff: GuideDiff) -> None:
    click.echo(click.style(f"{diff.guide}  {diff.old_version} → {diff.new_version}", bold=True))
    for change in diff.head:
        click.echo(f"  ~ {_told(change)}")
    kinds = (("rule", diff.rules), ("model", diff.models), ("setting", diff.settings), ("section", diff.sections))
    for noun, things in kinds:
        _show_things(noun, things, diff.texts if noun == "rule" else {})


def _show_things(noun: str, things: ThingsDiff, texts: dict[str, str]) -> None:
    for sign, colour, ids in (("-", "red", things.removed), ("+", "green", things.added)):
        for each in ids:
            click.echo(click.style(f"  {sign} {noun} {each} {texts.get(each, '')}".rstrip(), fg=colour))
    for change in things.changed:
        click.echo(f"  ~ {noun} {change.id}")
        for field in change.fields:
            click.echo(f"      {_told(field)}")


def _told(change: FieldChange) -> str:
    if change.words:
        words = (click.style(_MARKS[part.kind].format(part.text), fg=_COLOURS[part.kind]) for part in change.words)
        return f"{change.name}: {''.join(words)}"
    return f"{change.name}: {_plain(change.before)} → {_plain(change.after)}"


def _plain(value: Any) -> str:
    return "none" if value is None else msgspec.json.encode(value).decode()
