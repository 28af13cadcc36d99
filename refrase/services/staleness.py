"""Which stored pairs a guide has left behind: made by a version that it no longer has."""

from collections.abc import AsyncIterator
from datetime import datetime

from msgspec import Struct

from refrase.core.rewrite import EngineChoice, Mode
from refrase.guidebook.live import LiveGuidebook
from refrase.storage.rewrites import PairVersion, Rewrites, VersionCount


class StalePair(Struct, frozen=True):
    """A pair whose guide has changed since. `current_version` is "" where the guide is there no more.

    `rules_gone` are the rules it cites that the guide no longer has; of others the old wording is not stored.
    """

    id: str
    name: str
    created_at: datetime
    target: str
    guide: str
    guide_version: str
    current_version: str
    engine: str
    mode: str
    rules_gone: tuple[str, ...]


class GuideVersions(Struct, frozen=True):
    """The version of a guide in force, and those that stored pairs were made by, the one used last first."""

    guide: str
    current: str
    overlays: tuple[str, ...]
    seen: tuple[VersionCount, ...]


class Staleness:
    """Holds stored pairs against the guides as they are now. Every method raises StorageFailed."""

    def __init__(self, rewrites: Rewrites, guides: LiveGuidebook) -> None:
        self._rewrites = rewrites
        self._guides = guides

    async def find(self, target: str = "") -> tuple[StalePair, ...]:
        """Return the pairs that are stale, of *target* or of all, by target and the newest first.

        Of one prompt (with its target, engine and mode) only the newest pair counts: where that is by the guide in
        force, none is stale.
        """
        found = [self._stale(pair) async for pair in self._newest(self._id_of(target)) if self._is_stale(pair)]
        return tuple(sorted(found, key=lambda pair: pair.target))

    async def prompts(self, target: str, engine: EngineChoice, mode: Mode) -> tuple[frozenset[str], frozenset[str]]:
        """Return the hashes of the prompts whose newest pair is stale, and of those whose newest pair is current.

        Raises TargetNotFound.
        """
        known = self._guides.current.get_target(target).id
        stale: set[str] = set()
        current: set[str] = set()
        async for pair in self._newest(known):
            if (pair.engine, pair.mode) == (engine, mode):
                (stale if self._is_stale(pair) else current).add(pair.prompt_hash)
        return frozenset(stale), frozenset(current)

    async def versions(self, guide_id: str) -> GuideVersions:
        """Return the versions of a guide, in force and seen. Raises GuideNotFound."""
        guide = self._guides.current.get_guide(guide_id)
        return GuideVersions(guide.id, guide.version, guide.overlays, await self._rewrites.count_versions(guide.id))

    async def _newest(self, target: str) -> AsyncIterator[PairVersion]:
        seen: set[tuple[str, ...]] = set()
        async for pair in self._rewrites.each_version(target):
            key = pair.prompt_hash, pair.target, pair.engine, pair.mode
            if key not in seen:
                seen.add(key)
                yield pair

    def _id_of(self, target: str) -> str:
        known = self._guides.current.find_target(target)
        return known.id if known else target

    def _version_of(self, pair: PairVersion) -> str:
        known = self._guides.current.find_target(pair.target)
        return known.guide.version if known else ""

    def _is_stale(self, pair: PairVersion) -> bool:
        return pair.guide_version != self._version_of(pair)

    def _stale(self, pair: PairVersion) -> StalePair:
        known = self._guides.current.find_target(pair.target)
        held = {rule.id for rule in known.guide.rules} if known else set()
        return StalePair(
            id=pair.id,
            name=pair.name,
            created_at=pair.created_at,
            target=pair.target,
            guide=pair.guide,
            guide_version=pair.guide_version,
            current_version=self._version_of(pair),
            engine=pair.engine,
            mode=pair.mode,
            rules_gone=tuple(sorted(pair.rules - held)),
        )
