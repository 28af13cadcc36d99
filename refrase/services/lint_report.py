"""What linting says: findings with their places and sources, and files or records that could not be linted."""

from msgspec import Struct

from refrase.core.guide import Source
from refrase.core.prompt import Span
from refrase.core.rewrite import Severity


class LintFinding(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What is found, where, by which rule of which guide, and the page behind it.

    Lines and columns (code points) are those of the file, both from 1; the end lies behind the last character.
    `message_number` counts a chat's messages from 1; 0 where the prompt is one text. `span` is the same place in the
    prompt itself, in characters; none where the finding is about the prompt as a whole.
    """

    path: str = ""
    line: int
    column: int
    end_line: int
    end_column: int
    rule: str
    severity: Severity
    message: str
    guide: str = ""
    targets: tuple[str, ...] = ()
    source: Source | None = None
    is_fixable: bool = False
    message_number: int = 0
    span: Span | None = None


class LintFault(Struct, frozen=True):
    """A file or record that could not be linted, and why; `line` is 0 where it is the file as a whole."""

    path: str
    line: int
    code: str
    message: str
    hint: str = ""


class RefusedFix(Struct, frozen=True):
    """A fix that was not made, because the prompt would not be the same after it."""

    path: str
    line: int
    rule: str
    why: str


class FixedDocument(Struct, frozen=True):
    """The bytes of a file with its prompts fixed, how many edits that took, and what was not done."""

    data: bytes
    fixed: int
    refused: tuple[RefusedFix, ...]


class LintReport(Struct, frozen=True):
    """What came of all files. `fixed` counts the edits that were made, or would be with --diff.

    `passed_over` counts the files of folders that are not read: of other kinds than prompts.
    """

    targets: tuple[str, ...]
    files: int
    prompts: int
    findings: tuple[LintFinding, ...]
    faults: tuple[LintFault, ...] = ()
    fixed: int = 0
    refused: tuple[RefusedFix, ...] = ()
    passed_over: int = 0
