"""What refrase lint says, by the endpoint."""

from typing import Any

import httpx
import pytest

from tests.linting import BAD, CHAT, put, report
from tests.shell import Shell


def post(client: httpx.Client, **body: Any) -> httpx.Response:
    return client.post("/api/v1/lint", json=body)


def test_the_endpoint_tells_the_same(client: httpx.Client, shell: Shell):
    put(shell, p_md=BAD)
    (told,) = report(shell, "p.md")["findings"]
    answer = post(client, prompt=BAD)
    assert answer.status_code == 200
    body = answer.json()
    assert (body["target"], body["guide"]) == ("kimi-k2-0905", "kimi-k2")
    assert body["guide_version"] == client.get("/api/v1/guides/kimi-k2").json()["version"]
    assert body["findings"] == [{name: value for name, value in told.items() if name != "path"}]


def test_the_endpoint_takes_messages_a_target_and_a_choice(client: httpx.Client):
    body = post(client, messages=CHAT, target="kimi-k3", select=["*-wrapped"], ignore=["task-wrapped"]).json()
    assert body["target"] == "kimi-k3"
    (finding,) = body["findings"]
    assert (finding["message_number"], finding["line"], finding["column"]) == (1, 2, 6)


REFUSED = [
    ({}, 400, "option_invalid"),
    ({"prompt": "x", "messages": []}, 400, "option_invalid"),
    ({"prompt": " "}, 400, "prompt_empty"),
    ({"prompt": "x", "target": "kimi-k9"}, 422, "target_not_found"),
    ({"prompt": "x", "select": ["nothing-like-it"]}, 400, "option_invalid"),
    ({"prompt": "x", "chosen": []}, 400, "request_invalid"),
    ({"prompt": "x" * 1_000_001}, 413, "prompt_too_large"),
]


@pytest.mark.parametrize(("body", "status", "code"), REFUSED, ids=[f"{code} {status}" for _, status, code in REFUSED])
def test_the_endpoint_refuses_with_a_problem(client: httpx.Client, body, status, code):
    answer = post(client, **body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_the_endpoint_is_documented(client: httpx.Client):
    paths = client.get("/api/docs/openapi.json").json()["paths"]
    told = paths["/api/v1/lint"]["post"]
    assert told["operationId"] == "CreateLint"
    assert {"200", "400", "413", "415", "422"} <= set(told["responses"])
