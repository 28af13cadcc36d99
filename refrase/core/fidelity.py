"""Original against candidate, thing by thing: what the contract holds, compared by code alone."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence

from refrase.core.contract import WHOLE_KINDS, Contract, Reading
from refrase.core.data import keys_of
from refrase.core.item import Item, ItemKind
from refrase.core.law import BY_NAME, BY_WORDS, IN_PLACE, LAWS, NAMED
from refrase.core.prompt import LOCKED_ROLES, Span
from refrase.core.rewrite import Finding, Severity
from refrase.core.standing import flat, is_control, stands, stands_as_often
from refrase.core.variable import is_same_name, shape_of

_SHOWN_CHARACTERS = 120
_AROUND_CHARACTERS = 10

Key = tuple[ItemKind, str]


def check_fidelity(before: Contract, after: Contract) -> tuple[Finding, ...]:
    """Return everything of *before*'s contract that *after* does not keep, message by message.

    Both have the same messages; their number and roles are never the engine's to write.
    """
    losses = [_Loss(n, *pair) for n, pair in enumerate(zip(before.messages, after.messages, strict=True))]
    findings: list[Finding] = []
    for number, (old, new) in enumerate(zip(before.messages, after.messages, strict=True)):
        if old.role in LOCKED_ROLES and old.text != new.text:
            findings.append(_changed_material(number, old, new))
    if len(losses) > 1:
        findings += _moved_between(losses)
    for loss in losses:
        findings += loss.findings()
    return tuple(findings)


class _Loss:
    """What one message lost and gained, by kind and value."""

    def __init__(self, number: int, old: Reading, new: Reading) -> None:
        self.number = number
        self._old, self._new = old, new
        self._before = _grouped(old)
        self._after = _grouped(new, frozenset(value for kind, value in self._before if kind is ItemKind.TAG))
        self.lost: dict[Key, list[Item]] = {}
        self.gained: dict[Key, list[Item]] = {}
        if old.text == new.text:
            return
        for key in dict.fromkeys((*self._before, *self._after)):
            had, has = self._before.get(key, []), self._after.get(key, [])
            if len(has) < len(had):
                self.lost[key] = _surplus(old.text, had, new.text, has)
            elif len(has) > len(had):
                self.gained[key] = _surplus(new.text, has, old.text, had)

    def findings(self) -> list[Finding]:
        """Return the findings of this message; a whole that only differs by a part that is told is left out."""
        if self._old.text == self._new.text:
            return []
        found = [*self._renamed(), *self._changed_json(), *self._changed_code(), *self._changed_in_place()]
        found += [finding for key in list(self.lost) for finding in self._told_lost(key)]
        found += [finding for key in list(self.gained) for finding in self._told_gained(key)]
        has_blocks = any(item.scope for reading in (self._old, self._new) for item in reading.items)
        if has_blocks and not any(finding.kind.startswith("block_") for finding in found):
            found += self._moved_across_blocks()
        return _without_wholes(found)

    def _renamed(self) -> Iterator[Finding]:
        for kind in NAMED:
            lost = [key for key in self.lost if key[0] is kind]
            gained = [key for key in self.gained if key[0] is kind and key not in self._before]
            for word, paired in (("changed", _same_name), ("renamed", _same_shape)):
                for old_key, new_key in paired(lost, gained):
                    old, new = self.lost.pop(old_key)[0], self.gained.pop(new_key)[0]
                    lost.remove(old_key)
                    gained.remove(new_key)
                    message = f"The {LAWS[kind].noun} {_shown(old.value)} was {word} to {_shown(new.value)}."
                    yield Finding(f"{kind}_{word}", Severity.BLOCKING, message, old.span, new.span, old.value)

    def _changed_json(self) -> Iterator[Finding]:
        """Tell which key or value of a piece of JSON is not the same any more, where it is still there otherwise."""
        gained = [key for key in self.gained if key[0] is ItemKind.JSON]
        for key in [key for key in self.lost if key[0] is ItemKind.JSON]:
            old = self.lost[key][0]
            keys = Counter(keys_of(old.value))
            best = max(gained, key=lambda name: (keys & Counter(keys_of(name[1]))).total(), default=None)
            if best is None or 2 * (keys & Counter(keys_of(best[1]))).total() < keys.total():
                continue
            self.lost.pop(key)
            new = self.gained.pop(best)[0]
            gained.remove(best)
            gone = keys - Counter(keys_of(new.value))
            if gone:
                name = next(iter(gone))
                yield Finding(
                    "json_key_lost",
                    Severity.BLOCKING,
                    f"The JSON lost its key {_shown(name)}.",
                    old.span,
                    new.span,
                    name,
                )
            else:
                message = f"The JSON {_shown(old.value)} was changed."
                yield Finding("json_changed", Severity.BLOCKING, message, old.span, new.span, old.value)

    def _changed_code(self) -> Iterator[Finding]:
        """Pair the code that is gone with the code that is new, in order: it was changed."""
        gained = [key for key in self.gained if key[0] is ItemKind.CODE_BLOCK]
        for key in [key for key in self.lost if key[0] is ItemKind.CODE_BLOCK]:
            if gained and key not in self._after:
                old, new = self.lost.pop(key)[0], self.gained.pop(gained.pop(0))[0]
                message = f"The code block {_shown(old.value)} was changed."
                yield Finding("code_block_changed", Severity.BLOCKING, message, old.span, new.span, old.value)

    def _changed_in_place(self) -> Iterator[Finding]:
        """Pair what is gone with what is new where the same words stand around both: it was changed."""
        places: defaultdict[tuple[ItemKind, str], list[Key]] = defaultdict(list)
        for key in self.gained:
            for around in _around(self._new.text, self.gained[key][0]):
                places[key[0], around].append(key)
        for key in [key for key in self.lost if key[0] in IN_PLACE]:
            item = self.lost[key][0]
            if key in self._after or (key[0] in BY_WORDS and stands(self._new, item)):
                continue
            candidates = [other for around in _around(self._old.text, item) for other in places[key[0], around]]
            other = next((other for other in candidates if other in self.gained and other not in self._before), None)
            if other is not None:
                self.lost.pop(key)
                new = self.gained.pop(other)[0]
                message = f"The {LAWS[key[0]].noun} {_shown(item.value)} was changed to {_shown(new.value)}."
                yield Finding(f"{key[0]}_changed", Severity.BLOCKING, message, item.span, new.span, item.value)

    def _told_lost(self, key: Key) -> Iterator[Finding]:
        kind, _ = key
        law, item = LAWS[kind], self.lost[key][0]
        had, has = len(self._before[key]), len(self._after.get(key, []))
        severity = law.fewer if has else law.gone
        if kind is ItemKind.TAG and (is_control(item.value) or _line(self._old.text, item).strip() == item.value):
            severity = Severity.BLOCKING  # a delimiter; elsewhere a tag is only spoken of
        if severity is None or (not has and kind in BY_WORDS and self._stays(item)):
            return
        told = f"stands {_times(had)} in the original and {_times(has)} in the rewrite" if has else "is lost"
        message = f"The {law.noun} {_shown(item.value)} {told}."
        yield Finding(f"{kind}_lost", severity, message, before=item.span, value=item.value)

    def _stays(self, item: Item) -> bool:
        return stands(self._new, item) and stands_as_often(self._old, self._new, item)

    def _told_gained(self, key: Key) -> Iterator[Finding]:
        kind, _ = key
        law, item = LAWS[kind], self.gained[key][0]
        had, has = len(self._before.get(key, [])), len(self._after[key])
        severity, word = (law.more, "repeated") if had else (law.new, "invented")
        if not had and (is_control(item.value) or (kind is ItemKind.CODE_BLOCK and not self._is_old(item))):
            severity = Severity.BLOCKING  # a token of the chat, or code that nobody wrote
        if kind is ItemKind.NUMBER and item.detail and not had:
            severity = None if item.detail == "layout" else Severity.WARNING
        if severity is None or (not had and kind in BY_WORDS and stands(self._old, item)):
            return
        told = (
            f"stands {_times(had)} in the original and {_times(has)} in the rewrite"
            if had
            else "is not in the original"
        )
        message = f"The {law.noun} {_shown(item.value)} {told}."
        yield Finding(f"{kind}_{word}", severity, message, after=item.span, value=item.value)

    def _moved_across_blocks(self) -> Iterator[Finding]:
        for key, had in self._before.items():
            has = self._after.get(key, [])
            if len(has) != len(had) or key[0] is ItemKind.BLOCK:
                continue
            left = Counter(item.scope for item in had) - Counter(item.scope for item in has)
            if left:
                old = next(item for item in had if item.scope in left)
                new = next(
                    item for item in has if item.scope not in {item.scope for item in had} or item.scope != old.scope
                )
                message = f"The {LAWS[key[0]].noun} {_shown(old.value)} stands in another block of the template now."
                yield Finding(f"{key[0]}_moved", Severity.BLOCKING, message, old.span, new.span, old.value)

    def _is_old(self, block: Item) -> bool:
        """Return whether a fence was only put around what the original says: each of its lines stands there."""
        text = flat(self._old.text)
        return all(flat(line).strip() in text for line in block.value.splitlines())


def _grouped(reading: Reading, tags: frozenset[str] = frozenset()) -> dict[Key, list[Item]]:
    """Group the items of a message. *tags* are those of the original: one that lost its other half is one still."""
    groups: dict[Key, list[Item]] = defaultdict(list)
    for item in reading.items:
        kind = ItemKind.TAG if item.kind is ItemKind.PLACEHOLDER and item.value in tags else item.kind
        groups[kind, item.name if kind in BY_NAME else item.value].append(item)
    return groups


def _surplus(text: str, items: list[Item], other: str, others: list[Item]) -> list[Item]:
    """Return those of *items* that *others* lack: not those whose whole line stands on the other side, too."""
    if not others:
        return items
    lines = Counter(_line(other, item) for item in others)
    alone: list[Item] = []
    for item in items:
        line = _line(text, item)
        if lines[line]:
            lines[line] -= 1
        else:
            alone.append(item)
    rest = [item for item in reversed(items) if item not in alone]
    return [*alone, *rest][: len(items) - len(others)]


def _around(text: str, item: Item) -> tuple[str, str]:
    """Return the words before and behind an item, as keys of its place."""
    before = text[max(0, item.span.start - _AROUND_CHARACTERS) : item.span.start]
    after = text[item.span.end : item.span.end + _AROUND_CHARACTERS]
    return f"{before}…", f"…{after}"


def _line(text: str, item: Item) -> str:
    end = text.find("\n", item.span.end)
    return text[text.rfind("\n", 0, item.span.start) + 1 : len(text) if end < 0 else end]


def _same_name(lost: Sequence[Key], gained: Sequence[Key]) -> list[tuple[Key, Key]]:
    """Pair what goes by the same name: its default, filter or spacing was changed."""
    return _paired(lost, gained, lambda old, new: is_same_name(old[1], new[1]))


def _same_shape(lost: Sequence[Key], gained: Sequence[Key]) -> list[tuple[Key, Key]]:
    """Pair what is written alike but called otherwise: it was renamed."""
    return _paired(lost, gained, lambda old, new: shape_of(old[1]) == shape_of(new[1]))


def _paired(lost: Sequence[Key], gained: Sequence[Key], is_pair: Callable[[Key, Key], bool]) -> list[tuple[Key, Key]]:
    free = list(gained)
    pairs: list[tuple[Key, Key]] = []
    for key in lost:
        other = next((new for new in free if is_pair(key, new)), None)
        if other is not None:
            free.remove(other)
            pairs.append((key, other))
    return pairs


def _moved_between(losses: list[_Loss]) -> Iterator[Finding]:
    """Tell what left one message and stands in another one now."""
    gained = {key: loss for loss in losses for key in loss.gained}
    for loss in losses:
        for key in list(loss.lost):
            other = gained.get(key)
            if other is None or other is loss or key not in other.gained:
                continue
            old, new = loss.lost.pop(key)[0], other.gained.pop(key)[0]
            message = (
                f"The {LAWS[key[0]].noun} {_shown(old.value)} stands in message {other.number + 1} now, "
                f"not in message {loss.number + 1}."
            )
            yield Finding(f"{key[0]}_moved", Severity.BLOCKING, message, old.span, new.span, old.value)


def _changed_material(number: int, old: Reading, new: Reading) -> Finding:
    message = f"Message {number + 1} has the role {old.role}: it is an example or a result, and must not change."
    spans = Span(0, len(old.text), number), Span(0, len(new.text), number)
    return Finding("message_changed", Severity.BLOCKING, message, *spans)


def _without_wholes(findings: list[Finding]) -> list[Finding]:
    """Leave out what is told of a whole (code, JSON, a quote) where a part of it is told that explains it."""
    parts = [f.before for f in findings if f.before and f.kind.split("_")[0] in {"variable", "block", "placeholder"}]
    wholes = {*(f"{kind}_lost" for kind in WHOLE_KINDS), "json_changed", "json_key_lost"}

    def is_explained(finding: Finding) -> bool:
        span = finding.before
        return span is not None and any(
            part.message == span.message and span.start <= part.start and part.end <= span.end for part in parts
        )

    return [finding for finding in findings if not (finding.kind in wholes and is_explained(finding))]


def _shown(value: str) -> str:
    flat = " ".join(value.split())
    return flat if len(flat) <= _SHOWN_CHARACTERS else f"{flat[: _SHOWN_CHARACTERS - 1]}…"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
