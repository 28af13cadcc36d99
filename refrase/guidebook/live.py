"""The guidebook of a running service: what changes in its folders is taken up without a restart."""

import asyncio
from pathlib import Path

from msgspec import Struct

from refrase.clock import Clock
from refrase.errors import RefraseError
from refrase.guidebook.book import Guidebook, guidebook_from
from refrase.guidebook.reader import GuideReader, Stamp

_PAUSE_SECONDS = 1.0
_NO_FOLDER = "The folder of REFRASE_GUIDES_FOLDER cannot be read; the guides stay as they were."


class Reload(Struct, frozen=True):
    """What a look at the folders brought: ids of guides that are new, gone or changed, and what is wrong now."""

    changed: tuple[str, ...]
    faults: tuple[str, ...]


class LiveGuidebook:
    """Holds the guides in use. A file with a fault does not count; `faults` tells of it.

    Guides are values: whoever took one goes on with it. Raises GuideInvalid and SettingsInvalid where the guides
    cannot be read at the start.
    """

    def __init__(self, reader: GuideReader, clock: Clock) -> None:
        self._reader = reader
        self._clock = clock
        self._stamps = reader.stamps()
        self.current = guidebook_from(reader.read())
        self.faults: tuple[str, ...] = ()
        self._looked_seconds = clock.seconds()
        self._is_looking = False

    async def refresh(self) -> Reload | None:
        """Look at the folders, once a second at most and off the event loop; return what changed, or None."""
        if self._is_looking or self._clock.seconds() - self._looked_seconds < _PAUSE_SECONDS:
            return None
        self._is_looking = True
        try:
            return await asyncio.to_thread(self._look)
        finally:
            self._looked_seconds = self._clock.seconds()
            self._is_looking = False

    def _look(self) -> Reload | None:
        stamps: dict[Path, Stamp] = {}
        try:
            stamps = self._reader.stamps()
            if stamps == self._stamps:
                return None
            reading = self._reader.read()
            book, faults = Guidebook(reading.guides), reading.faults_in_short
        except (RefraseError, OSError):
            book, faults = self.current, (_NO_FOLDER,)
        changed = _changed(self.current, book)
        is_told = faults == self.faults and not changed
        self._stamps, self.current, self.faults = stamps, book, faults
        return None if is_told else Reload(changed, faults)


def _changed(old: Guidebook, new: Guidebook) -> tuple[str, ...]:
    before, after = ({guide.id: guide.version for guide in book.guides} for book in (old, new))
    return tuple(sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key)))
