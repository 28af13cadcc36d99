"""Guides by REST: as data, their versions, which rules apply to a prompt."""

import pytest


def test_guides_are_served_as_data(client):
    guides = {guide["id"]: guide for guide in client.get("/api/v1/guides").json()}
    guide = guides["kimi-k2"]
    assert "moonshotai/kimi-k2-0905" in guide["targets"][0]["names"]
    whole = client.get("/api/v1/guides/kimi-k2").json()
    assert len(whole["rules"]) == guide["rules"]
    assert client.get("/api/v1/guides/nothing").json()["code"] == "guide_not_found"


def test_the_versions_of_a_guide_are_those_of_the_pairs(client):
    pair = client.post("/api/v1/rewrites", json={"prompt": "Go on.", "target": "kimi-k2", "engine": "offline"}).json()
    told = client.get("/api/v1/guides/kimi-k2/versions").json()
    assert told["current"] == pair["provenance"]["guide_version"]
    assert [(seen["version"], seen["pairs"]) for seen in told["seen"]] == [(told["current"], 1)]
    assert client.get("/api/v1/guides/claude/versions").json()["seen"] == []
    assert client.get("/api/v1/guides/nothing/versions").status_code == 404


def test_which_rules_apply_to_a_prompt_is_told_with_what_was_seen(client):
    told = client.post("/api/v1/guides/kimi-k2/applies", json={"prompt": "I want you to sort it.\nReturn JSON."}).json()
    rules = {rule["rule"]: rule for rule in told["rules"]}
    assert told["target"] == "kimi-k2-0905"
    assert told["guide_version"] == client.get("/api/v1/guides/kimi-k2").json()["version"]
    assert rules["json-array"]["why"] == "the prompt speaks of JSON (“JSON”, line 2)"
    assert [seen["line"] for seen in rules["request-wrapped"]["seen"]] == [1]
    assert (rules["tools-when"]["ground"], rules["tools-when"]["condition"]) == ("condition_fails", "tools")
    tools = [{"type": "function", "function": {"name": "find_time", "parameters": {}}}]
    messages = [{"role": "user", "content": "Hello."}]
    told = client.post("/api/v1/guides/kimi-k2/applies", json={"prompt": messages, "tools": tools}).json()
    assert next(rule for rule in told["rules"] if rule["rule"] == "tools-when")["applies"]


@pytest.mark.parametrize(
    ("target", "body", "status", "code"),
    [
        ("nothing", {"prompt": "Go."}, 422, "target_not_found"),
        ("kimi-k2", {"prompt": " "}, 400, "prompt_empty"),
        ("kimi-k2", {"prompts": "Go."}, 400, "request_invalid"),
    ],
)
def test_a_question_about_rules_that_cannot_be_answered_says_why(client, target, body, status, code):
    response = client.post(f"/api/v1/guides/{target}/applies", json=body)
    assert (response.status_code, response.json()["code"]) == (status, code)
