"""Example prompts to click: our own short ones, as data in examples.toml."""

import tomllib
from functools import cache
from importlib.resources import files

import msgspec
from msgspec import Struct

from refrase.errors import OptionInvalid


class Example(Struct, frozen=True, forbid_unknown_fields=True):
    """A prompt to try: its id in links, what it is in a few words, and its text."""

    id: str
    title: str
    prompt: str


@cache
def read_examples() -> tuple[Example, ...]:
    """Return the examples, in the order of the file."""
    text = (files("refrase.web") / "examples.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text)["example"], tuple[Example, ...])


def get_example(example_id: str) -> Example:
    """Return the example of that id. Raises OptionInvalid, which names those that exist."""
    for example in read_examples():
        if example.id == example_id:
            return example
    known = ", ".join(example.id for example in read_examples())
    raise OptionInvalid(f"There is no example {example_id!r}.", hint=f"There are {known}.")
