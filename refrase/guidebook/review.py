"""What has no fault of form and should be looked at all the same: old dates, retired models, contradicted figures."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Protocol

from msgspec import Struct

from refrase.core.guide import Guide, Model
from refrase.guidebook.overlay import Overlay

# A model that ends within so many days is told, so that there is time to move.
_SOON_DAYS = 30
# Prices that differ by less are the same in another rounding.
_SAME_SHARE = 0.005
_COMPARED = {
    "input_usd": "price of input",
    "cached_usd": "price of cached input",
    "output_usd": "price of output",
    "context_tokens": "context window",
}


class Figures(Struct, frozen=True):
    """What somebody else says of a model: US dollars per million tokens and tokens, None where nothing is said."""

    where: str
    input_usd: float | None = None
    cached_usd: float | None = None
    output_usd: float | None = None
    context_tokens: int | None = None
    is_deprecated: bool = False


class FigureBook(Protocol):
    """A collection of prices and limits, kept by somebody else."""

    def find(self, key: str) -> Figures | None:
        """Return the figures of a key (`prices_key` of a model), or None where it is not known."""
        ...


class Warned(Struct, frozen=True):
    """What should be looked at, and in which line of the document it stands."""

    line: int
    message: str


def review_guide(guide: Guide, *, today: date, max_age_days: int, figures: FigureBook | None) -> tuple[Warned, ...]:
    """Return what should be looked at in *guide* as of *today*, in the order of its lines."""
    found = [
        *_old(guide, today, max_age_days),
        *_ended(guide, today),
        *(_contradicted(guide, figures) if figures else ()),
    ]
    return tuple(sorted(found, key=lambda warned: warned.line))


def review_overlay(overlay: Overlay, *, today: date, max_age_days: int) -> tuple[Warned, ...]:
    """Return what should be looked at in *overlay* as of *today*."""
    age = _age_told(overlay.verified_at, today, max_age_days)
    return (Warned(1, f"the overlay was gone through last {age}"),) if age else ()


def _old(guide: Guide, today: date, max_age_days: int) -> Iterator[Warned]:
    age = _age_told(guide.verified_at, today, max_age_days)
    if age:
        yield Warned(_line_of(guide, f"verified_at: {guide.verified_at}"), f"the guide was gone through last {age}")
    told: set[str] = set()
    for rule in guide.rules:
        for source in rule.sources:
            age = _age_told(source.verified_at, today, max_age_days)
            if age and source.url not in told and not rule.overlay:
                told.add(source.url)
                yield Warned(rule.line, f"{source.url} was read last {age} (rule {rule.id!r})")


def _age_told(verified_at: date, today: date, max_age_days: int) -> str:
    age = (today - verified_at).days
    return f"on {verified_at}, {age} days ago" if age > max_age_days else ""


def _ended(guide: Guide, today: date) -> Iterator[Warned]:
    for model in guide.models:
        if model.retired_at is None or model.retired_at > today + timedelta(days=_SOON_DAYS):
            continue
        when = "ended" if model.retired_at <= today else "ends"
        yield Warned(_line_of(guide, f"id: {model.id}"), f"{guide.vendor} {when} {model.id!r} on {model.retired_at}")


def _contradicted(guide: Guide, figures: FigureBook) -> Iterator[Warned]:
    for model in guide.models:
        line = _line_of(guide, f"id: {model.id}")
        if model.prices_key is None:
            continue
        other = figures.find(model.prices_key)
        if other is None:
            yield Warned(
                line, f"genai-prices, as installed, does not know the key {model.prices_key!r} of {model.id!r}"
            )
            continue
        if other.is_deprecated and model.retired_at is None:
            yield Warned(line, f"{model.id!r} is deprecated in {other.where}, and the guide has no retired_at for it")
        yield from (Warned(line, message) for message in _differences(model, other))


def _differences(model: Model, other: Figures) -> Iterator[str]:
    """Yield what differs and was not judged, and what was judged and differs no more."""
    for field, name in _COMPARED.items():
        own = getattr(model if field == "context_tokens" else model.price, field, None)
        told, judged = getattr(other, field), getattr(model.differs, field, None)
        differs = own is not None and told is not None and abs(own - told) > _SAME_SHARE * max(own, told)
        if differs and told != judged:
            was = f"; {judged:,} when the difference was judged" if judged is not None else ""
            yield f"the {name} of {model.id!r} is {own:,} here and {told:,} in {other.where}{was}"
        elif judged is not None and not differs:
            yield f"the {name} of {model.id!r} does not differ from {other.where} any more: take it out of `differs`"


def _line_of(guide: Guide, start: str) -> int:
    """Return the line of the front matter that begins with *start*, blanks and list marks aside."""
    lines = enumerate(guide.markdown.splitlines(), 1)
    return next((number for number, line in lines if f"{line.lstrip(' -')} ".startswith(f"{start} ")), 1)
