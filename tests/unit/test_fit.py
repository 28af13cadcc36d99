"""Whether a prompt fits its target, by the model's data alone."""

import pytest

from refrase.core.fit import check_fit
from refrase.core.guide import Model
from refrase.core.prompt import prompt_from_text

TEXT_ONLY = Model("m", "Model M", 100, ("text",), "none", "2026")
SEES = Model("s", "Model S", 100, ("text", "image", "pdf"), "none", "2026")


def kinds(text: str, model: Model = TEXT_ONLY) -> list[str]:
    return [finding.kind for finding in check_fit(prompt_from_text(text), model)]


def test_what_cannot_go_into_the_window_is_told_with_both_figures():
    assert kinds("x" * 625) == []
    (finding,) = check_fit(prompt_from_text("x" * 640), TEXT_ONLY)
    assert finding.kind == "context_overflow"
    assert finding.message == "The prompt has 102 tokens or more; the window of Model M is 100."


def test_letters_of_other_scripts_weigh_more():
    assert kinds("字" * 250) == []
    assert kinds("字" * 260) == ["context_overflow"]


MEDIA = [
    ("Say what the attached image shows.", True),
    ("Look at the screenshots attached below.", True),
    ("What is in the picture above?", True),
    ("<|image|> What is it?", True),
    ("{{ image_url }} What is it?", True),
    ("Play the uploaded video.", True),
    ("Listen to the provided audio file.", True),
    ("Write a prompt for an image of a cat.", False),
    ("Name the image file after the product.", False),
    ("Explain this video format.", False),
    ("The attached document is a contract.", False),
]


@pytest.mark.parametrize(("text", "is_found"), MEDIA, ids=[text for text, _ in MEDIA])
def test_media_that_a_model_cannot_take_are_told(text, is_found):
    assert (kinds(text) == ["media_unsupported"]) is is_found


def test_the_words_that_speak_of_media_are_shown():
    (finding,) = check_fit(prompt_from_text("Hello. Say what the attached image shows."), TEXT_ONLY)
    assert (finding.before.start, finding.before.end) == (20, 34)


def test_media_that_it_takes_are_no_matter():
    assert kinds("Say what the attached image shows.", SEES) == []
    assert kinds("Play the uploaded video.", SEES) == ["media_unsupported"]
