"""Every error Refrase raises on purpose, and what each edge needs to say it.

    RefraseError
    ├── BadInput               what the caller brought cannot be taken
    │   ├── PromptEmpty
    │   ├── PromptTooLarge
    │   ├── NotText
    │   ├── TargetNotFound
    │   ├── OptionInvalid
    │   ├── CallInvalid        today's request is no JSON object
    │   ├── FileUnreadable
    │   ├── BudgetWithoutPrice
    │   └── RecordInvalid
    ├── RewriteNotFound
    ├── GuideNotFound
    ├── GuideInvalid           a guide document breaks its form; says file and line
    ├── SettingsInvalid
    ├── EngineNotConfigured
    ├── EngineFailed           the engine's provider did not give a usable reply; see core.engine.FailureKind
    ├── OutputRefused          a file that is not ours to overwrite, or cannot be written
    └── StorageFailed
        ├── DatabaseUnreachable
        ├── DatabaseReadOnly
        ├── DatabaseBusy
        └── DiskFull

A class carries its stable `code` (the class name in snake_case, never changed), the HTTP status, the exit
code of the command line and a hint that says what to do next. `detail` says what happened and where.
"""

from typing import ClassVar

# Exit codes of the command line, told to users in refrase/docs/cli.md.
EXIT_OK = 0
EXIT_FAILED = 1
EXIT_BAD_INPUT = 2
EXIT_RETURNED = 3
EXIT_NOT_CONFIGURED = 4
EXIT_ENGINE = 5
EXIT_STORAGE = 6
EXIT_INTERRUPTED = 130


class RefraseError(Exception):
    """Something that went wrong and that a person can act on."""

    code: ClassVar[str] = "refrase_error"
    status: ClassVar[int] = 500
    exit_code: ClassVar[int] = EXIT_FAILED
    default_hint: ClassVar[str] = ""

    def __init__(self, detail: str, *, hint: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.hint = self.default_hint if hint is None else hint


class BadInput(RefraseError):
    """What the caller brought cannot be taken."""

    code = "bad_input"
    status = 400
    exit_code = EXIT_BAD_INPUT


class PromptEmpty(BadInput):
    """The prompt holds nothing but white space."""

    code = "prompt_empty"
    default_hint = "Give the text of the prompt that is to be rewritten."


class PromptTooLarge(BadInput):
    """The prompt is larger than this installation takes."""

    code = "prompt_too_large"
    status = 413
    default_hint = "Split the prompt, or raise REFRASE_MAX_PROMPT_BYTES."


class NotText(BadInput):
    """The bytes are not text that can travel unchanged."""

    code = "not_text"
    default_hint = "Give UTF-8 text (or UTF-16 with a byte order mark)."


class TargetNotFound(BadInput):
    """No guide knows the target model."""

    code = "target_not_found"
    status = 422
    default_hint = "`refrase guides list` shows every target."


class OptionInvalid(BadInput):
    """An option has a value outside its range, or two options exclude each other."""

    code = "option_invalid"


class CallInvalid(BadInput):
    """What is stated as today's request is no JSON object."""

    code = "call_invalid"
    default_hint = 'Give the body of the request as JSON, e.g. {"model": "gpt-4o", "temperature": 0.2}.'


class FileUnreadable(BadInput):
    """A file or folder named by the caller cannot be read."""

    code = "file_unreadable"


class BudgetWithoutPrice(BadInput):
    """A budget was given, and nobody knows what a call costs."""

    code = "budget_without_price"
    status = 422


class RecordInvalid(BadInput):
    """A record of a library file is not of the form its format asks for."""

    code = "record_invalid"


class RewriteNotFound(RefraseError):
    """No stored pair has this id."""

    code = "rewrite_not_found"
    status = 404
    exit_code = EXIT_BAD_INPUT
    default_hint = "`refrase history list` shows the stored pairs."


class GuideNotFound(RefraseError):
    """No guide has this id."""

    code = "guide_not_found"
    status = 404
    exit_code = EXIT_BAD_INPUT
    default_hint = "`refrase guides list` shows every guide."


class GuideInvalid(RefraseError):
    """A guide document breaks its form."""

    code = "guide_invalid"
    default_hint = "`refrase guides check` lists every fault with its line; guides/README.md tells the form."


class SettingsInvalid(RefraseError):
    """A setting is unknown or has a value that cannot be used."""

    code = "settings_invalid"
    exit_code = EXIT_NOT_CONFIGURED


class EngineNotConfigured(RefraseError):
    """No key or no address for the engine is known."""

    code = "engine_not_configured"
    status = 503
    exit_code = EXIT_NOT_CONFIGURED


class EngineFailed(RefraseError):
    """The engine's provider did not give a usable reply.

    Its code, status and exit code come from the kind of failure, so they stand on the instance.
    """

    code = "engine_failed"
    exit_code = EXIT_ENGINE

    def __init__(self, detail: str, *, kind: str, status: int, hint: str) -> None:
        super().__init__(detail, hint=hint)
        self.kind = kind
        self.failure_code = f"engine_{kind}"
        self.failure_status = status


class OutputRefused(RefraseError):
    """A file is not ours to overwrite, or cannot be written."""

    code = "output_refused"
    exit_code = EXIT_BAD_INPUT


class StorageFailed(RefraseError):
    """The database did not do what was asked; nothing half-done was kept."""

    code = "storage_failed"
    status = 503
    exit_code = EXIT_STORAGE


class DatabaseUnreachable(StorageFailed):
    """The database cannot be opened or reached."""

    code = "database_unreachable"
    default_hint = "Check REFRASE_DATABASE_URL, and that the server runs or the folder exists."


class DatabaseReadOnly(StorageFailed):
    """The database refuses writing."""

    code = "database_read_only"
    default_hint = "Make the database file and its folder writable, or set REFRASE_DATABASE_URL to another one."


class DatabaseBusy(StorageFailed):
    """Another process holds the database for too long."""

    code = "database_busy"
    default_hint = "Try again; for many writers at once use PostgreSQL (REFRASE_DATABASE_URL)."


class DiskFull(StorageFailed):
    """The disk under the database is full."""

    code = "disk_full"
    status = 507
    default_hint = "Free space on that disk, then run the same again: finished prompts are not paid twice."


def code_of(error: RefraseError) -> str:
    """Return the stable code of *error*, for an engine's failure that of its kind."""
    return error.failure_code if isinstance(error, EngineFailed) else error.code


def status_of(error: RefraseError) -> int:
    """Return the HTTP status of *error*, for an engine's failure that of its kind."""
    return error.failure_status if isinstance(error, EngineFailed) else error.status
