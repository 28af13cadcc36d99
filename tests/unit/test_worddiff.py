"""Differences of two texts, word by word."""

from hypothesis import given
from hypothesis import strategies as st

from refrase.core.worddiff import DiffKind, diff_words

WORDS = st.lists(st.sampled_from(["a", "b", "word", "{{x}}", "猫", ",", " ", "\n", "  "]), max_size=40).map("".join)


@given(WORDS, WORDS)
def test_the_parts_give_both_texts_again(before, after):
    parts = diff_words(before, after)
    assert "".join(part.text for part in parts if part.kind is not DiffKind.ADDED) == before
    assert "".join(part.text for part in parts if part.kind is not DiffKind.REMOVED) == after


def test_only_the_words_that_differ_are_marked():
    parts = diff_words("Sort the long list.\nBe brief.", "Sort the short list.\nBe brief.")
    changed = [(part.kind, part.text) for part in parts if part.kind is not DiffKind.SAME]
    assert changed == [(DiffKind.REMOVED, "long"), (DiffKind.ADDED, "short")]


def test_equal_texts_have_one_part():
    assert [part.kind for part in diff_words("same", "same")] == [DiffKind.SAME]
    assert diff_words("", "") == ()


def test_a_stretch_too_long_to_compare_by_words_is_shown_whole():
    before, after = "x " * 5_000, "y " * 5_000
    assert [part.text for part in diff_words(before, after)] == [before, after]
