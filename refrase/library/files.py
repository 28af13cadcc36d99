"""Finding, reading and writing the files of a library."""

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from refrase.errors import FileUnreadable, OptionInvalid, OutputRefused
from refrase.library.document import Document
from refrase.library.jsonl import read_jsonl
from refrase.library.plaintext import read_plaintext
from refrase.library.tools import read_tools

_TEXT_ENDINGS = {".md", ".markdown", ".txt"}
_RECORD_ENDINGS = {".jsonl", ".ndjson"}
# Read where it is named alone, as the tools of a request; among other files it may be anything.
TOOLS_ENDING = ".json"
# Files whose text is not one prompt; treating them as one would rewrite their structure.
_STRUCTURED_ENDINGS = {".json", ".yaml", ".yml", ".toml", ".csv", ".xml", ".py", ".js", ".ts", ".ipynb"}


def find_files(path: Path, *, without: Path | None = None) -> tuple[list[Path], int]:
    """Return the files of a library under *path*, sorted, and how many others were passed over.

    Hidden files and folders, and the folder *without*, are not looked at. Raises FileUnreadable.
    """
    if path.is_file():
        return [path], 0
    if not path.is_dir():
        raise FileUnreadable(
            f"{path} does not exist.", hint="Name a folder of .md, .txt and .jsonl files, or one file."
        )
    found: list[Path] = []
    passed_over = 0
    for folder, folders, names in os.walk(path):
        here = Path(folder)
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and (without is None or here / name != without)
        )
        for name in names:
            if name.startswith("."):
                continue
            if Path(name).suffix.lower() in _TEXT_ENDINGS | _RECORD_ENDINGS:
                found.append(here / name)
            else:
                passed_over += 1
    return sorted(found), passed_over


def read_document(path: Path, field: str = "") -> Document:
    """Read one file of a library. Raises FileUnreadable, NotText, and OptionInvalid for JSON that is no tools."""
    return document_from_bytes(read_bytes(path), path, field)


def document_from_bytes(data: bytes, path: Path, field: str = "") -> Document:
    """Return the document that *data* is; the ending of *path* tells its form. Raises NotText, OptionInvalid."""
    if path.suffix.lower() in _RECORD_ENDINGS:
        return read_jsonl(data, str(path), field)
    if path.suffix.lower() == TOOLS_ENDING:
        return read_tools(data, str(path))
    return read_plaintext(data, str(path))


def read_single(path: Path) -> Document:
    """Read a file that is one prompt. Raises OptionInvalid where its ending says that it is not."""
    ending = path.suffix.lower()
    if ending in _RECORD_ENDINGS:
        raise OptionInvalid(f"{path} holds many prompts.", hint=f"refrase batch {path} --out FOLDER")
    of_tools = f". The descriptions of its tools: refrase batch {path} --out FOLDER" * (path.suffix.lower() == ".json")
    refuse_structured(path, f"refrase rewrite < {path}{of_tools}")
    return read_plaintext(read_bytes(path), str(path))


def refuse_structured(path: Path, instead: str) -> None:
    """Refuse a file whose text is not one prompt; *instead* takes it as text. Raises OptionInvalid."""
    ending = path.suffix.lower()
    if ending in _STRUCTURED_ENDINGS:
        hint = f"Give the prompt's text alone. To take the whole file as text: {instead}"
        raise OptionInvalid(f"{path} is a {ending} file, not the text of one prompt.", hint=hint)


def read_bytes(path: Path) -> bytes:
    """Return the bytes of *path*. Raises FileUnreadable."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise FileUnreadable(f"{path} cannot be read: {error.strerror}.") from None


def read_json(path: Path) -> Any:
    """Return the JSON in *path*. Raises FileUnreadable and OptionInvalid."""
    try:
        return json.loads(read_bytes(path))
    except ValueError as error:
        raise OptionInvalid(f"{path} is not JSON: {error}.") from None


def write_atomically(path: Path, data: bytes) -> None:
    """Write *data* to *path*, whole or not at all, and make its folder. Raises OutputRefused."""
    temporary = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".refrase-", delete=False) as file:
            temporary = file.name
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(_mode_of(path))
        Path(temporary).replace(path)
    except OSError as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise OutputRefused(
            f"{path} cannot be written: {error.strerror}.", hint="Free space or choose another place, then run again."
        ) from None


def _mode_of(path: Path) -> int:
    """Return the mode of the file that is replaced, or what a new file gets."""
    if path.exists():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
