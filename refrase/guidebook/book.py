"""All guides together: read from a folder, found by id, resolved from any name of a model."""

from difflib import get_close_matches
from pathlib import Path

from refrase.core.guide import Guide, Model
from refrase.core.target import Target
from refrase.errors import GuideInvalid, GuideNotFound, TargetNotFound
from refrase.guidebook.reader import GuideReader, Reading
from refrase.guidebook.rules import Fault


class Guidebook:
    """The guides that can be used. A name of a model is its id, an alias, or its id at any provider."""

    def __init__(self, guides: tuple[Guide, ...]) -> None:
        self.guides = guides
        self._targets: dict[str, Target] = {}
        for guide in guides:
            for model in guide.models:
                for name in model.names:
                    self._targets.setdefault(name.lower(), Target(guide, model))

    @property
    def targets(self) -> tuple[Target, ...]:
        """Every model of every guide, in the guides' order."""
        return tuple(Target(guide, model) for guide in self.guides for model in guide.models)

    def get_guide(self, guide_id: str) -> Guide:
        """Return the guide of that id, or of the family a model's name belongs to. Raises GuideNotFound."""
        for guide in self.guides:
            if guide.id == guide_id:
                return guide
        target = self._targets.get(guide_id.lower())
        if target:
            return target.guide
        near = get_close_matches(guide_id, [guide.id for guide in self.guides], n=3, cutoff=0.4)
        raise GuideNotFound(f"There is no guide {guide_id!r}.{_perhaps(near)}")

    def find_target(self, name: str) -> Target | None:
        """Return the target of that name, or None: a stored pair may speak of one that no guide knows any more."""
        return self._targets.get(name.strip().lower())

    def get_target(self, name: str) -> Target:
        """Return the target of that name. Raises TargetNotFound, with the nearest names."""
        target = self.find_target(name)
        if target:
            return target
        ids = [target.id for target in self.targets]
        near = get_close_matches(name.lower(), [*ids, *self._targets], n=6, cutoff=0.5)
        near_ids = list(dict.fromkeys(self._targets[found].id for found in near))[:3] or ids[:3]
        raise TargetNotFound(f"No guide knows the target {name!r}.{_perhaps(near_ids)}")


def names_of(model: Model) -> tuple[str, ...]:
    """Return every name that means *model*, its id first."""
    return model.names


def read_guidebook(folder: Path, own: Path | None = None) -> Guidebook:
    """Read all guides of *folder*, and over them what stands in the user's *own* folder.

    Raises GuideInvalid with the first fault of the first broken one, SettingsInvalid where *own* is no folder.
    """
    return guidebook_from(GuideReader(folder, own).read())


def guidebook_from(reading: Reading) -> Guidebook:
    """Return the guides of *reading*. Raises GuideInvalid with its first fault."""
    if reading.faults:
        raise GuideInvalid(reading.faults[0])
    return Guidebook(reading.guides)


def read_guides(folder: Path) -> list[tuple[Path, Guide | None, tuple[Fault, ...]]]:
    """Read every guide document of *folder*, with its faults; names that two models share are faults too."""
    files = GuideReader(folder).read().files
    return [(file.path, file.guide, file.faults) for file in files if file.overlay is None]


def _perhaps(names: list[str]) -> str:
    return f" Did you mean {', '.join(names)}?" if names else ""
