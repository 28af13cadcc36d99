"""One target alone: a command that lints in milliseconds reads no guide but its own."""

from pathlib import Path

from refrase.core.target import Target
from refrase.errors import TargetNotFound
from refrase.guidebook.book import Guidebook, read_guidebook
from refrase.guidebook.form import parse_guide

_FRONT_END = "\n---"


def read_target(folder: Path, name: str, own: Path | None = None) -> Target:
    """Return the target of that name from the guides in *folder*, without reading guides that cannot know it.

    Where the user has a folder of their *own*, all are read: an overlay may say anything of any of them.
    Raises TargetNotFound, and GuideInvalid where a guide that might know it is broken.
    """
    if own is not None:
        return read_guidebook(folder, own).get_target(name)
    wanted = name.strip().lower()
    for path in sorted(folder.glob("*.md")):
        try:
            markdown = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            continue  # if no other guide knows the name, the whole guidebook tells what is wrong
        if not wanted or wanted not in markdown.partition(_FRONT_END)[0].lower():
            continue
        guide, faults = parse_guide(markdown, path.stem)
        if guide is None or faults:
            continue
        try:
            return Guidebook((guide,)).get_target(name)
        except TargetNotFound:
            continue  # the name stands there as a part of another one
    return read_guidebook(folder).get_target(name)
