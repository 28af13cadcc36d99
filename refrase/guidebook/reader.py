"""Reading the folders that guides stand in: the shipped one, and one of the user's own with overlays and families.

What is read once is not parsed again until its file changes. A file that has a fault does no harm to the others: what
it said last without one stands in for it.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from refrase.core.guide import Guide, Model
from refrase.errors import GuideInvalid, SettingsInvalid
from refrase.guidebook.form import parse_guide
from refrase.guidebook.merged import merged_markdown
from refrase.guidebook.overlay import Overlay, apply_overlay, is_overlay, parse_overlay
from refrase.guidebook.rules import Fault

# Files of a folder that are about guides and are none.
_NOT_GUIDES = {"README.md", "_template.md"}
# What a file looked like when it was read: time of change in nanoseconds, size in bytes, inode.
Stamp = tuple[int, int, int]


class Read(Struct, frozen=True):
    """A file as it was read: a guide, an overlay, or neither where a fault keeps it from being one."""

    path: Path
    faults: tuple[Fault, ...]
    guide: Guide | None = None
    overlay: Overlay | None = None
    markdown: str = ""


class Reading(Struct, frozen=True):
    """All guides, overlays applied, and every file with what is wrong with it."""

    guides: tuple[Guide, ...]
    files: tuple[Read, ...]

    @property
    def faults(self) -> tuple[str, ...]:
        """What is wrong, each with its file and line."""
        return self._told(str)

    @property
    def faults_in_short(self) -> tuple[str, ...]:
        """The same for strangers: the file by its name alone."""
        return self._told(lambda path: path.name)

    def _told(self, called: Callable[[Path], str]) -> tuple[str, ...]:
        return tuple(
            f"{called(file.path)}:{fault.line}: {fault.message}" for file in self.files for fault in file.faults
        )


class GuideReader:
    """Reads *shipped* and, over it, *own*. Not safe for two threads at once."""

    def __init__(self, shipped: Path, own: Path | None = None) -> None:
        self._shipped = shipped
        self._own = own
        self._held: dict[Path, tuple[Stamp, Read]] = {}
        self._good: dict[Path, Read] = {}

    def stamps(self) -> dict[Path, Stamp]:
        """Return what the files look like now, without reading them. Raises SettingsInvalid."""
        return {path: _stamp_or_none(path) for folder in self._folders() for path in guide_paths(folder)}

    def read(self) -> Reading:
        """Read what changed since the last time.

        Raises GuideInvalid where there is no guide at all, SettingsInvalid where the user's folder is missing.
        """
        found = [self._read(path) for folder in self._folders() for path in guide_paths(folder)]
        here = {file.path for file in found}
        self._held = {path: held for path, held in self._held.items() if path in here}
        self._good = {path: good for path, good in self._good.items() if path in here}
        files: dict[Path, Read] = {}
        bases: dict[str, Guide] = {}
        owners: dict[str, tuple[str, str]] = {}
        for file in found:
            if not is_overlay(file.markdown):
                checked = _with_faults(file, _clashes(file.guide, bases, owners) if file.guide else ())
                files[file.path] = checked
                good = self._last_good(checked)
                if good and good.guide and good.guide.id not in bases:
                    bases[good.guide.id] = good.guide
                    owners |= {name.lower(): (model.id, good.guide.id) for name, model in _names(good.guide)}
        guides = dict(bases)
        for file in found:
            if is_overlay(file.markdown):
                overlay, faults = parse_overlay(file.markdown, file.path.name, guides)
                files[file.path] = read = Read(file.path, faults, overlay=overlay, markdown=file.markdown)
                good = self._last_good(read)
                if good and good.overlay:
                    guides = {key: apply_overlay(guide, good.overlay) for key, guide in guides.items()}
        if not guides and not any(file.faults for file in files.values()):
            raise GuideInvalid(f"There is no guide in {self._shipped}.")
        shown = (_shown(bases[key], guide) for key, guide in guides.items())
        return Reading(tuple(sorted(shown, key=lambda guide: guide.id)), tuple(files[file.path] for file in found))

    def _folders(self) -> list[Path]:
        if self._own and not self._own.is_dir():
            hint = "Make it, or set REFRASE_GUIDES_FOLDER to another one."
            raise SettingsInvalid(f"REFRASE_GUIDES_FOLDER: {self._own} is not a folder.", hint=hint)
        return [self._shipped, self._own] if self._own else [self._shipped]

    def _read(self, path: Path) -> Read:
        try:
            stamp = _stamp(path)
            held = self._held.get(path)
            if held and held[0] == stamp:
                return held[1]
            markdown = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            return Read(path, (Fault(1, f"cannot be read: {error}"),))
        if is_overlay(markdown):
            read = Read(path, (), markdown=markdown)
        else:
            guide, faults = parse_guide(markdown, path.stem)
            read = Read(path, faults, guide, markdown=markdown)
        self._held[path] = stamp, read
        return read

    def _last_good(self, read: Read) -> Read | None:
        if not read.faults:
            self._good[read.path] = read
        return self._good.get(read.path)


def guide_paths(folder: Path) -> list[Path]:
    """Return the documents of *folder* that are guides or overlays, in the order of their names."""
    return sorted(
        path for path in folder.glob("*.md") if path.name not in _NOT_GUIDES and not path.name.startswith(".")
    )


def _clashes(guide: Guide, bases: dict[str, Guide], owners: dict[str, tuple[str, str]]) -> Iterator[Fault]:
    """Yield what *guide* takes from the guides before it: their id, or a name of their models."""
    if guide.id in bases:
        yield Fault(1, f"the guide {guide.id!r} is there already; to change it write an overlay (extends: {guide.id})")
        return
    own: dict[str, str] = {}
    for name, model in _names(guide):
        owner = owners.get(name.lower(), ("", ""))[0] or own.setdefault(name.lower(), model.id)
        if owner != model.id:
            yield Fault(1, f"the name {name!r} means both {owner!r} and {model.id!r}")


def _names(guide: Guide) -> Iterator[tuple[str, Model]]:
    for model in guide.models:
        for name in model.names:
            yield name, model


def _with_faults(read: Read, faults: Iterator[Fault] | tuple[Fault, ...]) -> Read:
    return Read(read.path, (*read.faults, *faults), read.guide, read.overlay, read.markdown)


def _shown(base: Guide, guide: Guide) -> Guide:
    if not guide.overlays:
        return guide
    return replace(guide, markdown=merged_markdown(base, guide))


def _stamp_or_none(path: Path) -> Stamp:
    try:
        return _stamp(path)
    except OSError:  # gone in between, or a link to nowhere: reading it tells
        return 0, 0, 0


def _stamp(path: Path) -> Stamp:
    status = path.stat()
    return status.st_mtime_ns, status.st_size, status.st_ino
