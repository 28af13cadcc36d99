"""What holds for every prompt: nothing is found in itself, and each broken thing is found, as that thing alone."""

from string import ascii_lowercase

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refrase.core.contract import contract_of
from refrase.core.gate import examine
from refrase.core.prompt import Message, Prompt, prompt_from_text
from refrase.core.rewrite import Severity

NAMES = st.text(ascii_lowercase, min_size=4, max_size=9).filter(
    lambda name: name not in {"none", "null", "true", "false"}
)
# One sentence for each kind of thing, with the thing in it; no two share a telling word.
SENTENCES = {
    "variable": ("Greet {} by name at the door.", NAMES.map(lambda name: f"{{{{{name}_x}}}}")),
    "number": ("Use at most {} words for the summary.", st.integers(21, 9_000).map(str)),
    "url": ("Link the manual at {} below the table.", NAMES.map(lambda name: f"https://{name}.example/{name}")),
    "quote": ("Close with {} on a line alone.", NAMES.map(lambda name: f'"So long {name}q"')),
    "inline_code": ("Read {} before you begin.", NAMES.map(lambda name: f"`{name}-cfg`")),
    "identifier": ("Store totals in {} for later.", NAMES.map(lambda name: f"{name}_total")),
    "date": ("Skip events after {} altogether.", st.integers(1, 28).map(lambda day: f"{day} March 2024")),
    "placeholder": ("Sign the letter as {} please.", NAMES.map(lambda name: f"[{name.upper()} NAME]")),
    "email": ("Forward complaints to {} daily.", NAMES.map(lambda name: f"{name}@shop.example")),
}


@st.composite
def prompts(draw):
    """A prompt of several sentences, and where each thing stands in it."""
    kinds = draw(st.permutations(sorted(SENTENCES)))[: draw(st.integers(2, len(SENTENCES)))]
    joint = draw(st.sampled_from([" ", "\n", "\n\n", "\n- "]))
    things = [(kind, draw(SENTENCES[kind][1])) for kind in kinds]
    return joint.join(SENTENCES[kind][0].format(value) for kind, value in things), dict(things)


def kinds_of(before, after):
    findings = examine(prompt_from_text(before), prompt_from_text(after)).findings
    return {finding.kind for finding in findings if finding.severity is Severity.BLOCKING}


@given(st.text())
@settings(max_examples=300, deadline=None)
def test_nothing_is_found_in_the_same_text(text):
    assert examine(prompt_from_text(text), prompt_from_text(text)).findings == ()


@given(prompts())
@settings(deadline=None)
def test_a_blank_line_more_breaks_nothing(prompt):
    text, _ = prompt
    assert kinds_of(text, text + "\n") == set()


@given(prompts(), st.data())
@settings(deadline=None)
def test_what_is_deleted_is_told_as_lost_and_nothing_else_is(prompt, data):
    text, things = prompt
    kind = data.draw(st.sampled_from(sorted(things)))
    assert kinds_of(text, text.replace(things[kind], "")) == {f"{kind}_lost"}


@given(prompts(), st.data())
@settings(deadline=None)
def test_what_is_replaced_is_told_as_another_and_nothing_else_is(prompt, data):
    text, things = prompt
    kind = data.draw(st.sampled_from(sorted(things)))
    other = data.draw(SENTENCES[kind][1].filter(lambda value: value != things[kind]))
    (told,) = kinds_of(text, text.replace(things[kind], other))
    assert told in {f"{kind}_changed", f"{kind}_renamed"}


@given(prompts())
@settings(deadline=None)
def test_a_thing_may_move_within_its_sentence(prompt):
    text, things = prompt
    for kind, value in things.items():
        sentence = SENTENCES[kind][0].format(value)
        head, tail = SENTENCES[kind][0].format("").rstrip(".").split(" ", 1)
        moved = f"{head} now: {tail.strip()} ({value})."
        assert f"{kind}_lost" not in kinds_of(text, text.replace(sentence, moved))


@given(prompts(), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_sentences_may_change_places(prompt, dice):
    _, things = prompt
    sentences = [SENTENCES[kind][0].format(value) for kind, value in things.items()]
    shuffled = dice.sample(sentences, len(sentences))
    assert kinds_of("\n".join(sentences), "\n".join(shuffled)) == set()


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (
            "{% if vip %}\nGreet {{name}} warmly.\n{% endif %}\nAsk for the order.",
            "{% if vip %}\nGreet the guest warmly.\n{% endif %}\nAsk {{name}} for the order.",
            "variable_moved",
        ),
        (
            "Run this:\n```\nprint({{value}})\n```\nThen explain it.",
            "Run this:\n```\nprint()\n```\nThen explain {{value}}.",
            "code_block_changed",
        ),
        (
            "Titles have at most 20 words. Bodies have at most 300 words.",
            "Titles have at most 300 words. Bodies have at most 20 words.",
            "number_moved",
        ),
    ],
)
def test_a_thing_does_not_move_across_a_border(before, after, kind):
    assert kind in kinds_of(before, after)


def test_a_thing_does_not_move_to_another_message():
    before = Prompt((Message("You know {{topic}} well.", "system"), Message("Explain the basics.", "user")))
    after = before.with_texts(("You know it well.", "Explain the basics of {{topic}}."))
    assert "variable_moved" in {finding.kind for finding in examine(before, after).findings}


@given(st.text(st.sampled_from("{}[]<>%$#`~\"'“”|:-=*_.!?/\\@() \n\t\0abcXYZ019é中あकب"), max_size=400))
@settings(max_examples=400, deadline=None)
def test_no_text_of_odd_signs_makes_the_reading_fail(text):
    contract = contract_of(prompt_from_text(text))
    for item in contract.items:
        assert 0 <= item.span.start <= item.span.end <= len(text)
    examine(prompt_from_text(text), prompt_from_text(text[::-1]))
