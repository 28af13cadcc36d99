"""What travels to the engine comes back without a byte touched that no one edited."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refrase.core.body import body_of

TEXTS = st.text(alphabet=st.sampled_from(list("ab \t\r\n\ufeff\u200b\x1f\u2028é猫{")), max_size=60)


@given(TEXTS)
def test_a_body_put_back_whole_is_its_source_where_line_ends_are_of_one_kind(source):
    body = body_of(source)
    assert body.source_whole(body.text).replace("\r\n", "\n").replace("\r", "\n") == source.replace(
        "\r\n", "\n"
    ).replace("\r", "\n")


@given(TEXTS, st.data())
def test_every_stretch_of_a_body_has_its_place_in_the_source(source, data):
    body = body_of(source)
    start = data.draw(st.integers(0, len(body.text)))
    end = data.draw(st.integers(start, len(body.text)))
    stretch = source[body.source_offset(start) : body.source_offset(end)]
    assert stretch.replace("\r\n", "\n").replace("\r", "\n") == body.text[start:end]


@pytest.mark.parametrize(
    ("source", "lead", "text", "trail"),
    [
        ("  a b \n", "  ", "a b", " \n"),
        ("\ufeffa", "\ufeff", "a", ""),
        ("\x1fFILE:x", "\x1f", "FILE:x", ""),
        ("   ", "   ", "", ""),
        ("a\r\nb\r\n", "", "a\nb", "\r\n"),
    ],
)
def test_outer_white_space_stays_at_home(source, lead, text, trail):
    body = body_of(source)
    assert (body.lead, body.text, body.trail) == (lead, text, trail)


@pytest.mark.parametrize(
    ("source", "newline"), [("a\r\nb\r\nc\nd", "\r\n"), ("a\rb", "\r"), ("a", "\n"), ("a\r\n", "\r\n")]
)
def test_new_lines_take_the_most_common_line_end_of_the_source(source, newline):
    assert body_of(source).source_text("x\ny") == f"x{newline}y"
