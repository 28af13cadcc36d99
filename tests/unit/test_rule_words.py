"""The tables of rule words: sentences are held against them in small letters."""

import re

import pytest

from refrase.core.rule_words import CONDITIONS, DESCRIPTIONS, IDIOMS, WORDS

TABLES = [(language, words) for table in (IDIOMS, WORDS) for language in table for _, words in table[language]]
CLAUSES = [pair for table in (CONDITIONS, DESCRIPTIONS) for pair in table.items()]


@pytest.mark.parametrize(("language", "words"), [*TABLES, *CLAUSES])
def test_rule_words_are_written_in_small_letters(language, words):
    assert re.search(r"(?<!\\)[A-Z]", words) is None
