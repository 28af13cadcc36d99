"""What a call asks for that its target does not have."""

import pytest
from msgspec.structs import replace

from refrase.core.feature import check_features
from refrase.core.guide import Model
from refrase.core.request import call_from_json
from refrase.core.terms import Tools

PLAIN = Model("m", "Model M", 100, ("text",), "none", "2026", tools=False, structured_output=False)
ABLE = Model("a", "Model A", 100, ("text",), "off by default", "2026", tools=True, structured_output=True)
UNTOLD = Model("u", "Model U", 100, ("text",), "always", "2026")
TOOL = {"type": "function", "function": {"name": "find_book", "parameters": {}}}
SCHEMA = {"type": "json_schema", "json_schema": {"name": "book", "schema": {}}}
# A field of the reply that is called like a setting.
REASONED = {"type": "json_schema", "json_schema": {"schema": {"properties": {"reasoning": {"type": "string"}}}}}
PLAIN_SCHEMA = {"type": "json_schema", "schema": {"properties": {"reasoning": {"type": "string"}}}}

CALLS = [
    ({"tools": [TOOL]}, ["tools_unsupported"]),
    ({"functions": [TOOL["function"]]}, ["tools_unsupported"]),
    ({"tools": []}, []),
    ({"response_format": SCHEMA}, ["structured_output_unsupported"]),
    ({"response_format": {"type": "json_object"}}, ["structured_output_unsupported"]),
    ({"response_format": {"type": "text"}}, []),
    ({"generationConfig": {"responseSchema": {"type": "OBJECT"}}}, ["structured_output_unsupported"]),
    ({"reasoning_effort": "high"}, ["thinking_unsupported"]),
    ({"reasoning_effort": "none"}, []),
    ({"thinking": {"type": "enabled", "budget_tokens": 2000}}, ["thinking_unsupported"]),
    ({"thinking": {"type": "disabled"}}, []),
    ({"reasoning": {"effort": "low"}}, ["thinking_unsupported"]),
    ({"reasoning": {"enabled": False}}, []),
    ({"extra_body": {"enable_thinking": True}}, ["thinking_unsupported"]),
    ({"extra_body": {"enable_thinking": False}}, []),
    ({"thinking_budget": 0}, []),
    ({"generationConfig": {"thinkingConfig": {"thinkingBudget": 0}}}, []),
    ({"generationConfig": {"thinkingConfig": {"thinkingBudget": 2000}}}, ["thinking_unsupported"]),
    ({"reasoning": {"exclude": True}}, []),
    ({"reasoning": {"max_tokens": 0}}, []),
    ({"metadata": {"reasoning": "x"}}, []),
    ({"response_format": REASONED}, ["structured_output_unsupported"]),
    ({"generationConfig": {"responseSchema": {"properties": {"thinking": {}}}}}, ["structured_output_unsupported"]),
    ({"generationConfig": {"responseJsonSchema": {"type": "object"}}}, ["structured_output_unsupported"]),
    ({"text": {"format": PLAIN_SCHEMA}}, ["structured_output_unsupported"]),
    ({"output_config": {"format": PLAIN_SCHEMA}}, ["structured_output_unsupported"]),
    ({"text": {"format": {"type": "text"}}}, []),
    ({"audio": {"format": "mp3"}}, []),
    ({"tools": [TOOL], "tool_choice": "none"}, []),
    ({"temperature": 0.2, "max_tokens": 100}, []),
    ({"tools": [TOOL], "reasoning_effort": "low"}, ["tools_unsupported", "thinking_unsupported"]),
]


def kinds(call, model, tools=()):
    read = call_from_json(call) if call is not None else None
    return [finding.kind for finding in check_features(model, read, Tools(tuple(tools), ()))]


@pytest.mark.parametrize(("call", "expected"), CALLS, ids=[str(call) for call, _ in CALLS])
def test_what_a_model_lacks_is_told_where_the_call_asks_for_it(call, expected):
    assert kinds(call, PLAIN) == expected
    assert kinds(call, ABLE) == []
    assert kinds(call, UNTOLD) == []


def test_tools_that_the_caller_states_count_without_a_call():
    assert kinds(None, PLAIN, ["find_book"]) == ["tools_unsupported"]
    assert kinds(None, replace(PLAIN, tools=None), ["find_book"]) == []
    assert kinds(None, PLAIN) == []
