"""refrase guides check: faults of form, and what should be looked at."""

from pathlib import Path

import click

from refrase.cli import options, output
from refrase.errors import EXIT_FAILED


@click.command("check", context_settings=options.CONTEXT)
@click.argument("folder", required=False, type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--max-age-days",
    default=180,
    show_default=True,
    type=click.IntRange(min=0),
    help="Warn where nobody has gone through a page or a guide for longer.",
)
@click.option("--strict", is_flag=True, help="Exit code 1 for warnings, too.")
@options.as_json
def command(folder: Path | None, max_age_days: int, strict: bool, as_json: bool) -> None:
    """Check every guide and overlay: form, unique ids, sources, dates, links, what overlays refer to.

    Without FOLDER the guides in use are checked, those of REFRASE_GUIDES_FOLDER included; overlays in FOLDER are
    checked over the guides that ship. Warnings tell of old dates, retired models, and figures that genai-prices
    contradicts (where it is installed). Exit code 1 where a fault is found.
    """
    from refrase.clock import SystemClock
    from refrase.environment import settings_from_environment
    from refrase.guidebook.figures import find_figures
    from refrase.guidebook.reader import GuideReader, guide_paths
    from refrase.guidebook.review import review_guide, review_overlay
    from refrase.packaged import packaged_path

    shipped = packaged_path("guides")
    if folder is None:
        reader = GuideReader(shipped, settings_from_environment().guides_folder)
    else:
        has_guides = any(path.is_file() for path in guide_paths(folder) if (shipped / path.name).is_file())
        reader = GuideReader(folder) if has_guides else GuideReader(shipped, folder)
    files = [file for file in reader.read().files if folder is None or file.path.parent == folder]
    now = SystemClock().now()
    figures = find_figures(now)
    faults = [
        {"file": str(file.path), "line": each.line, "message": each.message} for file in files for each in file.faults
    ]
    warnings = []
    for file in files:
        if file.guide:
            warned = review_guide(file.guide, today=now.date(), max_age_days=max_age_days, figures=figures)
        elif file.overlay:
            warned = review_overlay(file.overlay, today=now.date(), max_age_days=max_age_days)
        else:
            continue
        warnings += [{"file": str(file.path), "line": each.line, "message": each.message} for each in warned]
    rules = sum(len(file.guide.rules) for file in files if file.guide)
    if as_json:
        output.print_json({"faults": faults, "warnings": warnings, "files": len(files), "rules": rules})
    else:
        for each in faults:
            click.echo(f"{each['file']}:{each['line']}: {each['message']}")
        for each in warnings:
            click.echo(f"{each['file']}:{each['line']}: warning: {each['message']}")
    if figures is None:
        output.say("Prices and context windows are not compared: the package genai-prices is not installed.")
    if not files:
        output.say(f"There is no guide in {folder}.")
    told = f"{_count(len(files), 'file')}, {_count(rules, 'rule')}: "
    output.say(f"{told}{_count(len(faults), 'fault') if faults else 'no fault'}, {_count(len(warnings), 'warning')}.")
    is_bad = bool(faults) or not files or (strict and bool(warnings))
    raise click.exceptions.Exit(EXIT_FAILED if is_bad else 0)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
