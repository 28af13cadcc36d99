"""What a guide says as data, told in words."""

from datetime import date

import msgspec

from refrase.core.guide import (
    CALL_PRIMITIVES,
    PRIMITIVES,
    About,
    Check,
    Place,
    Range,
    Rule,
    RuleKind,
    Source,
    SourceKind,
)
from refrase.web.guide_words import check_of, disagreements_of, disagreements_on, narrowed_of
from tests.book import BOOK


def test_every_check_that_a_guide_may_have_is_told_in_words():
    source = Source("", "", SourceKind.PRIMARY, date(2026, 1, 1))
    values = {
        str | None: ("x{1,2}", "x{1,2}"),
        int | None: (20_000, "20,000"),
        Place | None: (Place.FIRST, "first"),
        tuple[str, str] | None: (("a", "b"), "a and b"),
        tuple[str, ...] | None: (("a", "b"), "a and b"),
        Range | None: (Range("temperature", most=1), "temperature … to 1"),
        bool: (True, ""),
    }
    primitives = {*PRIMITIVES, *CALL_PRIMITIVES}
    for field in msgspec.structs.fields(Check):
        if field.name != "message":
            value, shown = values[field.type]
            check = Check("m", **({} if field.name in primitives else {"pattern": "p"}), **{field.name: value})
            rule = Rule("r", RuleKind.PRACTICE, "", About.PROMPT, (source,), check=check)
            (words,) = [check_of(rule)] if field.name in primitives else narrowed_of(rule)
            assert words.value == shown
            assert words.before
            assert "_" not in words.before + words.after


def test_a_disagreement_stands_at_the_rules_that_it_names():
    guide = BOOK.get_guide("openai")
    told = disagreements_of(guide)
    rules = {rule.id: disagreements_on(rule, told, guide) for rule in guide.rules}
    assert [item.title for item in rules["capitals"]] == ["Capitals"]
    assert rules["reasoning-kept"] == ()
