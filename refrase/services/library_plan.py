"""Looking through a library before anything is paid: which prompts there are, and where the results will go."""

import hashlib
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from refrase.core.fingerprint import prompt_hash
from refrase.core.rewrite import Outcome, Reason
from refrase.core.run import Item, RunReport
from refrase.errors import BadInput, OptionInvalid, OutputRefused
from refrase.library.document import Document
from refrase.library.files import find_files, read_document

REPORT_NAME = "refrase-report.json"


class PlannedFile(Struct, frozen=True):
    """A file of the library: its name relative to the library, its document, and where its result goes."""

    name: str
    document: Document
    destination: Path


class LibraryPlan(Struct, frozen=True):
    """All files of a run. `earlier` is what an earlier run into the same folder wrote, by file, as hashes.

    A file that is no text is no reason to refuse the others: it stands in `unreadable`, failed with its reason.
    """

    files: tuple[PlannedFile, ...]
    unreadable: tuple[Item, ...]
    folder: Path
    passed_over: int
    earlier: dict[str, str]
    left_alone: int = 0  # prompts that the run is not about, though they could be read

    @property
    def prompt_count(self) -> int:
        """How many prompts the run is about."""
        return len(self.unreadable) + sum(len(file.document.slots) for file in self.files)


def plan_library(path: Path, folder: Path, field: str = "") -> LibraryPlan:
    """Read the library at *path*, whose results go to *folder*. Raises BadInput for what cannot be read.

    The results never go over the originals: *folder* must be another one.
    """
    path, folder = path.resolve(), folder.resolve()
    root = path if path.is_dir() else path.parent
    if folder == root:
        raise OptionInvalid("The results would overwrite the originals.", hint="Name another folder with --out.")
    if folder.exists() and not folder.is_dir():
        raise OptionInvalid(f"{folder} is a file.", hint="Name a folder with --out.")
    paths, passed_over = find_files(path, without=folder)
    if not paths:
        raise OptionInvalid(f"There is no prompt file under {path}.", hint="Read are .md, .txt and .jsonl files.")
    files: list[PlannedFile] = []
    unreadable: list[Item] = []
    for found in paths:
        name = str(found.relative_to(root))
        try:
            files.append(PlannedFile(name, read_document(found, field), folder / name))
        except BadInput as error:
            reason = Reason(error.code, error.detail, error.hint)
            unreadable.append(Item(name, "", status=Outcome.FAILED, reason=reason))
    return LibraryPlan(tuple(files), tuple(unreadable), folder, passed_over, _earlier(folder))


def restricted(plan: LibraryPlan, stale: frozenset[str], current: frozenset[str]) -> LibraryPlan:
    """Return *plan* for the prompts whose hashes are *stale* alone.

    In a file that holds one of them, those that are *current* are taken along, to be found in storage; every other
    prompt of it stays as it stands.
    """
    files: list[PlannedFile] = []
    kept = 0
    for file in plan.files:
        hashes = {slot.name: prompt_hash(slot.prompt) for slot in file.document.slots if not slot.fault}
        if stale.isdisjoint(hashes.values()):
            continue
        slots = tuple(slot for slot in file.document.slots if hashes.get(slot.name) in stale | current)
        kept += len(slots)
        files.append(replace(file, document=replace(file.document, slots=slots)))
    return replace(plan, files=tuple(files), unreadable=(), left_alone=plan.prompt_count - kept)


def check_destination(file: PlannedFile, data: bytes, earlier: dict[str, str]) -> None:
    """Refuse to write over a file that an earlier run did not write, or that was edited since."""
    if not file.destination.exists():
        return
    held = file.destination.read_bytes()
    if held != data and hash_of(held) != earlier.get(file.name):
        raise OutputRefused(
            f"{file.destination} exists and is not as Refrase wrote it.",
            hint="Move it away, name another --out, or allow it with --overwrite.",
        )


def hash_of(data: bytes) -> str:
    """Return the hash under which a report remembers a file."""
    return hashlib.sha256(data).hexdigest()


def _earlier(folder: Path) -> dict[str, str]:
    report = folder / REPORT_NAME
    if not report.is_file():
        return {}
    try:
        return msgspec.json.decode(report.read_bytes(), type=RunReport).files
    except (OSError, msgspec.MsgspecError):
        raise OutputRefused(
            f"{report} is not a report of this version, so it is not known which files may be replaced.",
            hint="Move it away or name another --out.",
        ) from None
