"""Two prompts held against each other by the endpoint."""

import json

import pytest

from tests.checking import BAD, BEFORE, PROBLEM, kinds, post
from tests.fakes.upstream import Upstream


def words(text: str, span: dict[str, int]) -> str:
    return text[span["start"] : span["end"]]


def chat(*texts: str, role: str = "user") -> list[dict[str, str]]:
    """Return a system message with a rule, and *texts* as messages of *role*."""
    return [{"role": "system", "content": "Be brief."}, *({"role": role, "content": text} for text in texts)]


def test_the_endpoint_asks_no_model_and_stores_nothing(client, upstream: Upstream):
    post(client, BEFORE, BAD)
    assert upstream.requests == []
    assert client.get("/api/v1/rewrites").json()["items"] == []


def test_a_finding_says_where_in_either_prompt_it_stands(client):
    found = {finding["kind"]: finding for finding in post(client, BEFORE, BAD)["findings"]}
    assert words(BEFORE, found["variable_lost"]["before"]) == found["variable_lost"]["value"] == "{{name}}"
    assert words(BEFORE, found["number_lost"]["before"]) == "3"
    assert words(BAD, found["number_invented"]["after"]) == "4"
    assert words(BEFORE, found["instruction_lost"]["before"]) == "Never use the word hello."
    assert words(BAD, found["template_value_lost"]["after"]) == BAD
    assert "after" not in found["variable_lost"]
    assert "before" not in found["number_invented"]


def test_places_count_characters_not_bytes(client):
    before = f"👋🏽 好的。{BEFORE}"
    found = {finding["kind"]: finding for finding in post(client, before, f"👋🏽 好的。{BAD}")["findings"]}
    assert words(before, found["variable_lost"]["before"]) == "{{name}}"


def test_the_ledger_says_where_each_sentence_went(client):
    after = "Never use the word hello. Please greet {{name}} in 3 lines. Add a joke about cats."
    ledger = post(client, BEFORE, after)["ledger"]
    went = {
        entry["fate"]: (
            [words(BEFORE, span) for span in entry.get("before", [])],
            [words(after, span) for span in entry.get("after", [])],
        )
        for entry in ledger["entries"]
    }
    assert went["added"] == ([], ["Add a joke about cats."])
    assert (["Greet {{name}} in 3 lines."], ["Please greet {{name}} in 3 lines."]) in went.values()
    assert all(entry["evidence"] in {"code", "none"} for entry in ledger["entries"])


def test_chats_are_compared_message_by_message(client):
    before, after = chat("Sort {x}.", "Print {y}."), chat("Please sort {x}.", "Print {z}.")
    seen = post(client, before, after)
    assert seen["is_blocked"]
    assert kinds(seen) == ["variable_renamed", "template_value_lost", "template_value_invented"]
    renamed = seen["findings"][0]
    assert renamed["before"] == renamed["after"] == {"start": 6, "end": 9, "message": 2}
    assert seen["ledger"]["kept"] == 1
    assert [entry["before"][0]["message"] for entry in seen["ledger"]["entries"]] == [1, 2]


def test_a_variable_that_goes_to_another_message_has_moved(client):
    seen = post(client, chat("Sort {x}.", "Print it."), chat("Sort it.", "Print {x}."))
    assert "variable_moved" in kinds(seen)
    assert seen["is_blocked"]


@pytest.mark.parametrize("role", ["assistant", "tool"])
def test_a_message_that_is_an_example_or_a_result_must_not_change(client, role):
    seen = post(client, chat("Sorted.", role=role), chat("It is sorted.", role=role))
    assert kinds(seen) == ["message_changed"]
    assert seen["is_blocked"]


def test_a_text_is_the_same_as_one_message_without_a_role(client):
    assert post(client, BEFORE, [{"content": BAD}]) == post(client, BEFORE, BAD)


OTHER_MESSAGES = [
    ("fewer", chat("Sort."), chat()),
    ("more", chat("Sort."), chat("Sort.", "Sort.")),
    ("another order", chat("Sort."), chat("Sort.")[::-1]),
    ("another role", chat("Sort."), chat("Sort.", role="assistant")),
    ("a chat and a text", chat("Sort."), "Sort."),
]


@pytest.mark.parametrize(
    ("before", "after"), [row[1:] for row in OTHER_MESSAGES], ids=[row[0] for row in OTHER_MESSAGES]
)
def test_prompts_of_other_messages_are_not_compared(client, before, after):
    response = client.post("/api/v1/checks", json={"before": before, "after": after})
    assert (response.status_code, response.headers["content-type"]) == (400, PROBLEM)
    assert response.json()["code"] == "option_invalid"
    assert "not the same messages" in response.json()["detail"]


BAD_REQUESTS = [
    ({}, 400, "request_invalid", "before"),
    ({"before": "a"}, 400, "request_invalid", "after"),
    ({"before": 5, "after": "a"}, 400, "request_invalid", "before"),
    ({"before": "a", "after": None}, 400, "request_invalid", "after"),
    ({"before": "a", "after": {"content": "a"}}, 400, "request_invalid", "after"),
    ({"before": "a", "after": ["a"]}, 400, "request_invalid", "after[0]"),
    ({"before": "a", "after": [{"role": "user"}]}, 400, "request_invalid", "content"),
    ({"before": "a", "after": [{"content": 5}]}, 400, "request_invalid", "after[0].content"),
    ({"before": "a", "after": [{"content": "a", "name": "x"}]}, 400, "request_invalid", "name"),
    ({"before": "a", "after": "a", "modus": "bold"}, 400, "request_invalid", "modus"),
    ({"before": "a", "after": "a", "mode": "wild"}, 400, "request_invalid", "mode"),
    ({"before": "a", "after": "a", "syntaxes": ["x"]}, 400, "request_invalid", "syntaxes[0]"),
    ({"before": "a", "after": "a", "tools": {"name": "x"}}, 400, "request_invalid", "tools"),
    ({"before": "a", "after": ""}, 400, "prompt_empty", ""),
    ({"before": " \n", "after": "a"}, 400, "prompt_empty", ""),
    ({"before": [], "after": []}, 400, "prompt_empty", ""),
    ({"before": [{"content": ""}], "after": [{"content": "a"}]}, 400, "prompt_empty", ""),
    ({"before": "a", "after": "a\0b"}, 400, "not_text", ""),
    ({"before": "a", "after": "a" * 1_000_001}, 413, "prompt_too_large", ""),
    ({"before": "a", "after": "a" * 5_000_000}, 413, "body_too_large", ""),
]


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    BAD_REQUESTS,
    ids=[f"{str(body)[:60]} {code}" for body, _, code, _ in BAD_REQUESTS],
)
def test_a_bad_request_is_a_problem_that_names_the_field(client, body, status, code, field):
    response = client.post("/api/v1/checks", json=body)
    problem = response.json()
    assert (response.status_code, response.headers["content-type"]) == (status, PROBLEM)
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["detail"]
    assert field in json.dumps(problem.get("errors", ""))
    assert "Traceback" not in response.text


@pytest.mark.parametrize("body", [b"", b"no json", b"[]", b'"text"', b'{"before": "a\\ud83d", "after": "a"}'])
def test_a_body_that_is_no_request_is_a_problem(client, body):
    response = client.post("/api/v1/checks", content=body, headers={"content-type": "application/json"})
    assert (response.status_code, response.headers["content-type"]) == (400, PROBLEM)
    assert response.json()["code"] == "request_invalid"


def test_the_endpoint_documents_itself(client):
    post = client.get("/api/docs/openapi.json").json()["paths"]["/api/v1/checks"]["post"]
    assert PROBLEM in post["responses"]["400"]["content"]
    assert {"200", "400"} <= set(post["responses"])
