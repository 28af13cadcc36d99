"""All guides together: read from a folder, found by id, resolved from any name of a model."""

from difflib import get_close_matches
from pathlib import Path

from refrase.core.guide import Guide, Model
from refrase.core.target import Target
from refrase.errors import GuideInvalid, GuideNotFound, TargetNotFound
from refrase.guidebook.form import parse_guide
from refrase.guidebook.rules import Fault

# Files of the folder that are about guides and are none.
_NOT_GUIDES = {"README.md", "_template.md"}


class Guidebook:
    """The guides that can be used. A name of a model is its id, an alias, or its id at any provider."""

    def __init__(self, guides: tuple[Guide, ...]) -> None:
        self.guides = guides
        self._targets: dict[str, Target] = {}
        for guide in guides:
            for model in guide.models:
                for name in names_of(model):
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

    def get_target(self, name: str) -> Target:
        """Return the target of that name. Raises TargetNotFound, with the nearest names."""
        target = self._targets.get(name.strip().lower())
        if target:
            return target
        ids = [target.id for target in self.targets]
        near = get_close_matches(name.lower(), [*ids, *self._targets], n=6, cutoff=0.5)
        near_ids = list(dict.fromkeys(self._targets[found].id for found in near))[:3] or ids[:3]
        raise TargetNotFound(f"No guide knows the target {name!r}.{_perhaps(near_ids)}")


def names_of(model: Model) -> tuple[str, ...]:
    """Return every name that means *model*, its id first."""
    return tuple(dict.fromkeys((model.id, *model.aliases, *model.providers.values())))


def read_guidebook(folder: Path) -> Guidebook:
    """Read all guides of *folder*. Raises GuideInvalid with the first fault of the first broken one."""
    guides: list[Guide] = []
    for path, guide, faults in read_guides(folder):
        if guide is None or faults:
            fault = faults[0]
            raise GuideInvalid(f"{path}:{fault.line}: {fault.message}")
        guides.append(guide)
    if not guides:
        raise GuideInvalid(f"There is no guide in {folder}.")
    return Guidebook(tuple(guides))


def read_guides(folder: Path) -> list[tuple[Path, Guide | None, tuple[Fault, ...]]]:
    """Read every guide document of *folder*, with its faults; names that two models share are faults too."""
    found: list[tuple[Path, Guide | None, tuple[Fault, ...]]] = []
    owners: dict[str, str] = {}
    for path in sorted(folder.glob("*.md")):
        if path.name in _NOT_GUIDES:
            continue
        try:
            markdown = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            found.append((path, None, (Fault(1, f"cannot be read: {error}"),)))
            continue
        guide, faults = parse_guide(markdown, path.stem)
        if guide:
            faults += _shared_names(guide, owners)
        found.append((path, guide, faults))
    return found


def _shared_names(guide: Guide, owners: dict[str, str]) -> tuple[Fault, ...]:
    faults: list[Fault] = []
    for model in guide.models:
        for name in names_of(model):
            owner = owners.setdefault(name.lower(), model.id)
            if owner != model.id:
                faults.append(Fault(1, f"the name {name!r} means both {owner!r} and {model.id!r}"))
    return tuple(faults)


def _perhaps(names: list[str]) -> str:
    return f" Did you mean {', '.join(names)}?" if names else ""
