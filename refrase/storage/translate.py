"""What databases complain of, said as errors that a person can act on."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError

from refrase.errors import DatabaseBusy, DatabaseReadOnly, DatabaseUnreachable, DiskFull, StorageFailed

# Words of SQLite and SQLSTATEs or words of PostgreSQL. The first match wins.
_BY_WORD: tuple[tuple[re.Pattern[str], type[StorageFailed], str], ...] = (
    (re.compile(r"disk is full|53100|No space left|disk I/O error"), DiskFull, "The disk under the database is full."),
    (re.compile(r"readonly database|read-only|25006"), DatabaseReadOnly, "The database cannot be written."),
    (re.compile(r"database is locked|database table is locked|55P03|40P01"), DatabaseBusy, "The database is busy."),
    (
        re.compile(r"unable to open|Connect|connection|password|role .* does not exist|does not exist|not a database"),
        DatabaseUnreachable,
        "The database cannot be opened.",
    ),
)


@contextmanager
def translated(where: str) -> Iterator[None]:
    """Turn whatever the database raises inside into a StorageFailed; *where* names the database, without password."""
    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        raise _storage_error(error, where) from error


def _storage_error(error: Exception, where: str) -> StorageFailed:
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    said = f"{type(cause).__name__} {getattr(cause, 'sqlstate', '')} {cause}"
    detail = " ".join(str(cause).split())[:300]
    for pattern, kind, sentence in _BY_WORD:
        if pattern.search(said):
            return kind(f"{sentence} ({where}: {detail})")
    if isinstance(error, OSError | InterfaceError | OperationalError):
        return DatabaseUnreachable(f"The database cannot be reached. ({where}: {detail})")
    return StorageFailed(f"The database refused: {detail} ({where})")
