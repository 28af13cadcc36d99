"""An expression is not run where it cannot match, and always where it might."""

import re
import sys

import pytest
import regex
from hypothesis import example, given
from hypothesis import strategies as st

from refrase.core.expression import read
from refrase.core.pattern import find_matches, matches
from refrase.core.prefilter import may_match
from refrase.core.required import Clause, Need, fold
from tests.benchmarks.planted import cases
from tests.guides_table import guides

# Letters that are odd where case is ignored, and those that they match.
SIGNS = "ksiaKSIAſıİKéÉσςΣßẞǅ_1- .,’\n"
ATOMS = [
    *"ksiaKſıİKéσςß_1-’",
    *(r"\b", r"\B", "^", "$", r"\A", r"\Z", ".", r"\w", r"\W", r"\s", r"\S", r"\d", r"\.", r"\n", r"\x6b", r"\u017f"),
    *("[ks]", "[^k]", r"[^\w\n]", r"[\s-]", "[a-k]", "[.,’]", "[sS_1]", "[éÉ]", "ks", "si a", "-a", " ks ", "[A-Z]"),
]
GROUPS = ["(?:{})", "({})", "(?i:{})", "(?-i:{})", "(?={})", "(?!{})", "(?<={})", "(?<!{})", "(?>{})"]
TIMES = ["?", "*", "+", "{2}", "{0}", "{0,2}", "{1,2}", "{2,}", "{,2}", "??", "*+"]
LEAVES = st.sampled_from(ATOMS)


def _grown(part):
    grouped = st.builds(str.format, st.sampled_from(GROUPS), part)
    repeated = st.builds(lambda one, times: f"(?:{one}){times}", part, st.sampled_from(TIMES))
    joined = st.lists(part, min_size=2, max_size=4).map("".join)
    either = st.lists(part, min_size=2, max_size=3).map(lambda parts: f"(?:{'|'.join(parts)})")
    return grouped | repeated | joined | either


EXPRESSIONS = st.builds(
    lambda flags, parts: flags + "|".join(parts),
    st.sampled_from(["", "(?i)", "(?s)", "(?im)"]),
    st.lists(st.recursive(LEAVES, _grown, max_leaves=8), min_size=1, max_size=2),
)
TEXTS = st.text(alphabet=st.sampled_from(SIGNS), max_size=16)


def _found(pattern: str, text: str) -> bool:
    return regex.search(pattern, text, regex.MULTILINE) is not None


@given(EXPRESSIONS, TEXTS)
@example("(?i)mask", "MAſK")
@example(r"(?i)\bkiss\b", "KİſS")
@example("(?i)A-(?-i:Σ)", "a-Σ")
@example(r"\bks\b", "é ks’")
@example(r"(?:\bks)?-a", "ks-a")
@example("[a-z]{60,}", "\n" + "k" * 60)
def test_an_expression_that_matches_is_never_left_out(pattern, text):
    if _found(pattern, text):
        assert may_match(pattern, text)
    assert matches(pattern, text) == _found(pattern, text)


def test_whatever_matches_a_letter_where_case_is_ignored_is_folded_to_it():
    every = "".join(chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000)
    for sign in map(chr, range(32, 127)):
        for engine in (re, regex):
            found = engine.findall(f"(?i){re.escape(sign)}", every)
            assert {fold(one) for one in found} == {fold(sign)}, (engine, sign)


def _told(need: Need) -> list[str]:
    """Return what is needed, each clause as one line: words bare, phrases in quotation marks."""
    return [_told_clause(clause) for clause in need]


def _told_clause(clause: Clause) -> str:
    told = [*sorted(clause.words), *(f"“{phrase.text}”" for phrase in clause.phrases)]
    told += [f"({' & '.join(_told(need))})" for need in clause.needs]
    return " or ".join([*told, *([f"a run of {clause.run}"] if clause.run else [])])


@pytest.mark.parametrize(
    ("pattern", "needed"),
    [
        ("Can you", ["“Can you”"]),
        (r"(?i)\bexamples?\b", ["example or examples"]),
        ("(?i)example", ["“example”"]),
        (r"\b(?:MUST|NEVER)\b", ["“MUST” or “NEVER”"]),
        (r"(?i)\b(?:be|keep it) (?:as )?(?:brief|short)\b(?!\d)", ["“be brief” or “be short” or “be as brief” or …"]),
        (r"(?i)\b(?:say|write)\b[^\n]{0,9}\bJSON\b", ["say or write", "json"]),
        (r"(?i)\bgive\b.*\blists?\b|\bsend\b \d", ["send or (give & list or lists)"]),
        (r"(?i)(?<=[.!?] )then\b", ["then"]),
        (r"think(?= hard\b)", ["“ hard”", "“think”"]),
        ("(?i)don['’]t", ["“don't” or “don’t”"]),
        (r"<\|(?:im_start|eot)\|>", ["“<|eot|>” or “<|im_start|>”"]),
        ("(?<![a-z])[a-z0-9+/]{240,}", ["a run of 240"]),
        ("(?:ab){2,}", ["“ab”"]),
        # Nothing that tells: it may be absent, is forbidden, matches nothing, or stands in every text.
        ("(?:ab)?", []),
        ("(?:ab)*c?", []),
        ("(?!ab)", []),
        ("ab|", []),
        ("ab|c*", []),
        (r"[.,] ", []),
        (r"\w+", []),
        ("(?i)é", []),
    ],
)
def test_what_an_expression_requires(pattern, needed):
    told = _told(read(pattern).need)
    assert [line.startswith(wanted.rstrip("…")) for line, wanted in zip(told, needed, strict=True)] == [True] * len(
        told
    )


@pytest.mark.parametrize(
    "pattern",
    [
        "(?:abc){e<=1}",  # regex: with one fault
        "[[:alpha:]]bc",  # regex: a class by name; Python: a class of signs
        "[abc--b]d",
        r"(abc)\1d",
        r"(a)?(?(1)abc|def)",
        "(?|abc|abc)",
        r"abc\Kd",
        r"\p{Lu}abc",
        r"\mabc",
        "(?#abc)def",
        "(?x)a b c",
        "(?b)abc",
        "abc(?i)def",
        r"\Qabc",
        "abc{",
        "abc**",
        "(abc",
        "abc)",
        "(" * 60 + "abc" + ")" * 60,
    ],
)
def test_what_is_not_surely_understood_requires_nothing(pattern):
    assert read(pattern).need == ()
    assert read(pattern).alternatives == (pattern,)


def test_alternatives_are_tried_one_by_one_with_the_flags_of_the_whole():
    assert read("(?i)a|(?:b|c)|[|]d").alternatives == ("(?i)a", "(?i)(?:b|c)", "(?i)[|]d")
    assert read("a").alternatives == ("a",)


def _expressions() -> set[str]:
    checks = [rule.check for guide in guides() for rule in guide.rules if rule.check]
    names = ("pattern", "missing", "where", "unless", "format_in_prose", "bare_variable", "retired_id")
    single = {getattr(check, name) for check in checks for name in names}
    return (single | {one for check in checks for one in check.contradiction or ()}) - {None}


@pytest.mark.parametrize("change", [str, str.upper, str.lower, lambda text: text.replace("s", "ſ").replace("k", "K")])
def test_the_shipped_expressions_find_in_planted_faults_what_they_find_alone(change):
    texts = [change(case["text"] * case.get("repeat", 1)) for case in cases()]
    for pattern in _expressions():
        ready = regex.compile(pattern, regex.MULTILINE)
        for text in texts:
            alone = [match.span() for match in ready.finditer(text)]
            assert [match.span() for match in find_matches(pattern, text)] == alone
            assert matches(pattern, text) == bool(alone)


def test_most_of_the_shipped_expressions_require_something():
    needs = [read(pattern).need for pattern in _expressions()]
    assert sum(map(bool, needs)) > 0.9 * len(needs)
