"""Fixes of lint: what would lose something is left out, alone; what one lays open the next one mends."""

from contextlib import aclosing
from datetime import date

import pytest
from msgspec.structs import replace

from refrase.core.guide import About, Check, Fix, Rule, RuleKind, Source, SourceKind
from refrase.core.target import Target
from refrase.guidebook import parse_guide
from refrase.guidebook.book import Guidebook
from refrase.library.jsonl import read_jsonl
from refrase.library.plaintext import read_plaintext
from refrase.packaged import packaged_path
from refrase.rendering import Rendering
from refrase.services.checking import Checker
from refrase.services.lint_fixing import Fixer
from refrase.services.lint_report import FixedDocument
from refrase.services.linting import Linter

pytestmark = pytest.mark.anyio

TEMPLATE, _ = parse_guide((packaged_path("guides") / "_template.md").read_text("utf-8"), "example")
SOURCE = Source("t", "https://a.example", SourceKind.PRIMARY, date(2026, 11, 23))
MOST_BYTES = 1_000


def rule(rule_id: str, pattern: str, replacement: str) -> Rule:
    check, fix = Check(message="m", pattern=pattern), Fix(replace=replacement)
    return Rule(rule_id, RuleKind.PRACTICE, "Do it.", About.PROMPT, (SOURCE,), check=check, fix=fix)


POLITE = rule("polite", "Please kindly ", "Please ")
PLAIN = rule("plain", "Please (?=sort)", "")
LOSING = rule("losing", r" \{\{list\}\}", "")


def target_of(*rules: Rule) -> Target:
    (model, *_) = Guidebook((TEMPLATE,)).targets
    return Target(replace(TEMPLATE, rules=rules), model.model)


def fixer_for(rendering: Rendering, *rules: Rule) -> tuple[Fixer, Linter]:
    linter = Linter([target_of(*rules)], max_prompt_bytes=MOST_BYTES, all_rule_ids=frozenset)
    checker = Checker(rendering, max_prompt_bytes=MOST_BYTES)
    return Fixer(linter, checker, max_prompt_bytes=MOST_BYTES), linter


async def fixed(text: str, *rules: Rule) -> FixedDocument:
    async with aclosing(Rendering()) as rendering:
        return await fixer_for(rendering, *rules)[0].fix("p.md", read_plaintext(text.encode(), "p.md"))


async def test_a_fix_that_loses_a_variable_is_not_made_and_told_with_its_line_and_reason():
    done = await fixed("Read.\nSort {{list}} by name.", LOSING)
    assert (done.data, done.fixed) == (b"Read.\nSort {{list}} by name.", 0)
    (refused,) = done.refused
    assert (refused.path, refused.line, refused.rule) == ("p.md", 2, "losing")
    assert "{{list}}" in refused.why


async def test_the_other_fixes_are_made_all_the_same():
    done = await fixed("Please kindly sort {{list}} by name.", LOSING, POLITE)
    assert (done.data, done.fixed) == (b"Please sort {{list}} by name.", 1)
    assert [refused.rule for refused in done.refused] == ["losing"]


async def test_what_one_fix_lays_open_is_fixed_too():
    done = await fixed("Please kindly sort {{list}}. Go on.", PLAIN, POLITE)
    assert done.data == b"sort {{list}}. Go on."
    assert done.refused == ()


async def test_fixing_twice_is_fixing_once():
    for text in ("Please kindly sort {{list}}.", "Please kindly wait.\n\nPlease sort {{list}} now."):
        once = await fixed(text, POLITE, PLAIN, LOSING)
        twice = await fixed(once.data.decode(), POLITE, PLAIN, LOSING)
        assert (twice.data, twice.fixed) == (once.data, 0)


async def test_records_without_a_prompt_and_prompts_too_large_pass_through():
    data = b'{"x": 1}\n{"prompt": "' + b"Please kindly wait. " * 100 + b'"}\n{"prompt": "Please kindly wait."}'
    fixer, linter = fixer_for(Rendering(), POLITE)
    done = await fixer.fix("p.jsonl", read_jsonl(data, "p.jsonl"))
    assert done.data == data[: data.rindex(b"{")] + b'{"prompt": "Please wait."}'
    assert [fault.code for fault in linter.lint("p.jsonl", read_jsonl(data, "p.jsonl")).faults] == [
        "record_invalid",
        "prompt_too_large",
    ]
