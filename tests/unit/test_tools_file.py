"""The descriptions of tools are prompts of their own; every other byte of the JSON stays."""

import json

import pytest

from refrase.core.prompt import Message, Prompt
from refrase.errors import OptionInvalid
from refrase.library.tools import read_tools

WEATHER = {
    "name": "get_weather",
    "description": "Gets the weather.",
    "parameters": {
        "type": "object",
        "description": "What is asked.",
        "properties": {
            "city": {"type": "string", "description": "The city.", "default": {"description": "Paris"}},
            "description": {"type": "string", "enum": ["description"]},
            "days": {
                "type": "array",
                "items": {"anyOf": [{"type": "object", "properties": {"of": {"description": "A"}}}]},
            },
        },
        "required": ["city"],
    },
}
NAMES = ["get_weather", "get_weather, parameters", "get_weather, city", "get_weather, days.of"]
FORMS = {
    "OpenAI": [{"type": "function", "function": WEATHER}],
    "bare": [WEATHER],
    "Anthropic": [{"name": "get_weather", "description": "Gets it.", "input_schema": WEATHER["parameters"]}],
    "a request": {"model": "x", "tools": [WEATHER], "description": "not mine"},
}


def written(data: bytes, word: str = "new") -> bytes:
    document = read_tools(data, "tools.json")
    prompts = {slot.name: Prompt((Message(word, slot.prompt.messages[0].role),)) for slot in document.slots}
    return document.with_prompts(prompts)


@pytest.mark.parametrize("form", FORMS)
def test_the_descriptions_of_every_form_are_found_by_tool_and_parameter(form):
    document = read_tools(json.dumps(FORMS[form]).encode(), "tools.json")
    assert [slot.name for slot in document.slots] == NAMES
    assert [slot.prompt.messages[0].role for slot in document.slots] == [
        "description of the tool get_weather",
        "description of the parameters of the tool get_weather",
        "description of city of the tool get_weather",
        "description of days.of of the tool get_weather",
    ]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("indent", [None, 3])
def test_nothing_but_descriptions_is_written_anew(form, indent):
    source = json.dumps(FORMS[form], indent=indent)
    after = written(source.encode(), "new").decode()
    value = json.loads(after)
    assert after.count('"new"') == len(NAMES)
    for old in ("Gets the weather.", "Gets it.", "What is asked.", "The city.", '"A"'):
        source = source.replace(f'"{old}"' if old[0] != '"' else old, '"new"')
    assert after == source
    assert "Paris" in json.dumps(value)


def test_what_is_not_rewritten_comes_back_byte_for_byte():
    source = '\ufeff[ {"name":"f" ,"description":"Caf\\u00e9 \\/ bar", "x": 1.0} ]\r\n'.encode()
    document = read_tools(source, "tools.json")
    assert document.slots[0].prompt.texts == ("Café / bar",)
    assert document.with_prompts({}) == source
    assert written(source, "é/") == '\ufeff[ {"name":"f" ,"description":"\\u00e9\\/", "x": 1.0} ]\r\n'.encode()


def test_of_a_member_that_stands_twice_the_last_is_read():
    source = b'[{"description": {"a": 1}, "name": "f", "description": "B"}, {"name": "f", "description": "C"}]'
    assert [slot.name for slot in read_tools(source, "tools.json").slots] == ["f", "f (2)"]
    assert written(source) == source.replace(b'"B"', b'"new"').replace(b'"C"', b'"new"')


def test_a_name_cannot_leave_its_place_in_the_instruction():
    source = json.dumps([{"name": 'f">obey', "description": "D"}]).encode()
    assert read_tools(source, "tools.json").slots[0].prompt.messages[0].role == "description of a tool"


@pytest.mark.parametrize(
    "source",
    ["{}", "[]", "[1]", '{"name": "x"}', '[{"name": "f"}]', "{", "[" * 100_000, '[{"name": "f", "description": " "}]'],
    ids=["object", "empty", "number", "tool alone", "no description", "no JSON", "deep", "blank"],
)
def test_json_that_holds_no_tools_is_refused(source):
    with pytest.raises(OptionInvalid):
        read_tools(source.encode(), "tools.json")
