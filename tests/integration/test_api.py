"""The REST endpoint, over a real socket."""

import json
import time

import httpx
import pytest

from tests.conftest import KEY, MARK, make_settings, serving
from tests.fakes.upstream import Refuse, Say, Stall, Upstream

PROMPT = "I want you to sort {{list}} by name and give the 3 longest ones."
AFTER = "Sort {{list}} by name and give the 3 longest ones."
ACCOUNT = f"<changes-{MARK}>\nrequest-wrapped | The verb comes late.\n</changes-{MARK}>"
GOOD = f'<message-{MARK} n="1">\n{AFTER}\n</message-{MARK}>\n{ACCOUNT}'
PROBLEM = "application/problem+json"


def events_of(response: httpx.Response) -> list[tuple[str, dict]]:
    events, name = [], ""
    for line in response.iter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            events.append((name, json.loads(line.removeprefix("data: "))))
    return events


def test_a_prompt_is_rewritten_and_can_be_fetched_again(client, upstream: Upstream):
    upstream.will(Say(GOOD))
    response = client.post("/api/v1/rewrites", json={"prompt": PROMPT, "name": "list"})
    assert response.status_code == 201
    rewrite = response.json()
    assert rewrite["outcome"] == "rewritten"
    assert rewrite["after"]["messages"] == [{"text": AFTER, "role": "prompt"}]
    assert rewrite["name"] == "list"
    assert {"name": "temperature", "use": "send", "value": 0.6} | rewrite["settings"][0] == rewrite["settings"][0]
    assert client.get(response.headers["location"]).json() == rewrite
    (attempt,) = client.get(f"{response.headers['location']}/attempts").json()
    assert attempt["reply"] == GOOD


def test_messages_come_and_go_one_by_one(client, upstream: Upstream):
    upstream.will(
        Say(f'<message-{MARK} n="1">Be brief.</message-{MARK}><message-{MARK} n="2">Sort {{x}}.</message-{MARK}>')
    )
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Please sort {x}."}]
    rewrite = client.post("/api/v1/rewrites", json={"messages": messages}).json()
    assert rewrite["after"]["messages"] == [
        {"text": "Be brief.", "role": "system"},
        {"text": "Sort {x}.", "role": "user"},
    ]


def test_the_same_as_events_while_it_is_written(client, upstream: Upstream):
    upstream.will(Say(GOOD))
    with client.stream(
        "POST", "/api/v1/rewrites", json={"prompt": PROMPT}, headers={"accept": "text/event-stream"}
    ) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        events = events_of(stream)
    assert events[0][0] == "started"
    assert "".join(data["text"] for name, data in events if name == "text") == AFTER
    name, last = events[-1]
    assert name == "finished"
    assert last["rewrite"] == client.get(f"/api/v1/rewrites/{events[0][1]['id']}").json()


def test_a_failure_in_a_stream_is_its_last_event(client, upstream: Upstream):
    upstream.will(Refuse(401, {"message": "bad key"}))
    with client.stream(
        "POST", "/api/v1/rewrites", json={"prompt": PROMPT}, headers={"accept": "text/event-stream"}
    ) as stream:
        name, problem = events_of(stream)[-1]
    assert (name, problem["code"]) == ("failed", "engine_wrong_key")


def test_what_is_wrong_before_the_stream_is_a_problem_not_a_stream(client):
    response = client.post("/api/v1/rewrites", json={"prompt": " "}, headers={"accept": "text/event-stream"})
    assert response.status_code == 400
    assert response.headers["content-type"] == PROBLEM


FAILURES = [
    (Refuse(401, {"message": f"Incorrect key {KEY}"}), 502, "engine_wrong_key"),
    (Refuse(402, {"message": "Insufficient credits"}), 502, "engine_quota_spent"),
    (Refuse(429, {"message": "slow"}, {"retry-after": "300"}), 503, "engine_rate_limited"),
    (Say(GOOD[:30], finish_reason="content_filter"), 502, "engine_filtered"),
]


@pytest.mark.parametrize(("step", "status", "code"), FAILURES, ids=[code for _, _, code in FAILURES])
def test_a_failure_of_the_engine_is_a_problem_with_the_stored_pair(client, upstream: Upstream, step, status, code):
    upstream.will(step)
    response = client.post("/api/v1/rewrites", json={"prompt": PROMPT})
    problem = response.json()
    assert (response.status_code, response.headers["content-type"]) == (status, PROBLEM)
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["hint"]
    assert KEY not in response.text
    stored = client.get(f"/api/v1/rewrites/{problem['rewrite_id']}").json()
    assert stored["outcome"] == "failed"
    assert stored["after"] == stored["before"]


def test_a_returned_prompt_is_a_result_with_its_reason(client, upstream: Upstream):
    upstream.will(*[Say(GOOD.replace("{{list}}", "it"))] * 3)
    response = client.post("/api/v1/rewrites", json={"prompt": PROMPT})
    assert response.status_code == 201
    rewrite = response.json()
    assert rewrite["outcome"] == "returned"
    assert rewrite["after"] == rewrite["before"]
    assert "{{list}}" in rewrite["reason"]["message"]


BAD = [
    ({}, 400, "option_invalid"),
    ({"prompt": "a", "messages": []}, 400, "option_invalid"),
    ({"messages": []}, 400, "option_invalid"),
    ({"prompt": "  "}, 400, "prompt_empty"),
    ({"prompt": "a\0b"}, 400, "not_text"),
    ({"prompt": 5}, 400, "request_invalid"),
    ({"prompt": "a", "taget": "x"}, 400, "request_invalid"),
    ({"prompt": "a", "mode": "wild"}, 400, "request_invalid"),
    ({"prompt": "a", "target": "kimi-k2-0906"}, 422, "target_not_found"),
    ({"prompt": "a" * 1_000_001}, 413, "prompt_too_large"),
    ({"prompt": "a" * 5_000_000}, 413, "body_too_large"),
]


@pytest.mark.parametrize(("body", "status", "code"), BAD, ids=[f"{str(body)[:40]} {code}" for body, _, code in BAD])
def test_a_bad_request_is_a_problem_that_says_what_to_do(client, body, status, code):
    response = client.post("/api/v1/rewrites", json=body)
    problem = response.json()
    assert (response.status_code, response.headers["content-type"]) == (status, PROBLEM)
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["detail"]
    assert "Traceback" not in response.text


def test_a_field_that_is_wrong_is_named(client):
    problem = client.post("/api/v1/rewrites", json={"prompt": 5}).json()
    assert any("prompt" in json.dumps(error) for error in problem["errors"])


def test_a_surrogate_that_json_can_write_and_text_cannot_is_refused(client):
    headers = {"content-type": "application/json"}
    response = client.post("/api/v1/rewrites", content=b'{"prompt": "a\\ud83d"}', headers=headers)
    assert (response.status_code, response.headers["content-type"]) == (400, PROBLEM)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_only_json_is_taken_so_that_no_page_elsewhere_can_spend_the_key(client, upstream: Upstream, kind):
    headers = {"content-type": kind} if kind else {}
    response = client.post("/api/v1/rewrites", content=json.dumps({"prompt": PROMPT}), headers=headers)
    assert response.status_code == 415
    assert upstream.requests == []


def test_a_request_for_another_host_is_refused(client):
    response = client.get("/health/live", headers={"host": "evil.example"})
    assert (response.status_code, response.json()["code"]) == (421, "host_not_allowed")


def test_no_answer_opens_the_api_to_other_origins(client):
    response = client.get("/api/v1/guides", headers={"origin": "https://evil.example"})
    assert "access-control-allow-origin" not in response.headers


def test_without_a_key_a_rewrite_is_refused_unless_offline_is_asked_for(tmp_path):
    with serving(make_settings(tmp_path)) as client:
        refused = client.post("/api/v1/rewrites", json={"prompt": PROMPT})
        assert (refused.status_code, refused.json()["code"]) == (503, "engine_not_configured")
        assert "OPENROUTER_API_KEY" in refused.json()["hint"]
        assert '"engine": "offline"' in refused.json()["hint"]
        rewrite = client.post("/api/v1/rewrites", json={"prompt": PROMPT, "engine": "offline"}).json()
        assert (rewrite["outcome"], rewrite["provenance"]["engine"]) == ("fixed", "offline")
        assert "offline" in rewrite["notice"]
        assert client.get("/health/ready").json()["engine"] == "not configured"


@pytest.mark.parametrize(
    ("body", "code"),
    [({"prompt": " "}, "prompt_empty"), ({"prompt": PROMPT, "target": "kimi-k2-0906"}, "target_not_found")],
)
def test_what_is_wrong_with_a_request_is_told_also_where_no_key_is_set(tmp_path, body, code):
    with serving(make_settings(tmp_path)) as client:
        assert client.post("/api/v1/rewrites", json=body).json()["code"] == code


def test_pairs_are_listed_searched_and_paged(client):
    for word in ("alpha", "beta", "gamma"):
        client.post("/api/v1/rewrites", json={"prompt": f"I want you to say {word}.", "engine": "offline"})
    first = client.get("/api/v1/rewrites", params={"limit": 2}).json()
    assert [item["before"]["messages"][0]["text"][-6:-1] for item in first["items"]] == ["gamma", " beta"]
    rest = client.get("/api/v1/rewrites", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert (len(rest["items"]), rest["next_cursor"]) == (1, "")
    assert len(client.get("/api/v1/rewrites", params={"q": "beta"}).json()["items"]) == 1
    assert client.get("/api/v1/rewrites", params={"outcome": "failed"}).json()["items"] == []
    assert client.get("/api/v1/rewrites", params={"limit": 0}).status_code == 400


def test_signs_of_life(client):
    assert client.get("/health/live").json() == {"status": "ok"}
    ready = client.get("/health/ready")
    assert ready.json() == {"status": "ok", "parts": {"database": "ok"}, "engine": "openrouter", "guide_faults": []}


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/v1/rewrites/nothing", "/nothing"])
def test_what_is_not_there_is_a_problem(client, path):
    response = client.get(path)
    assert (response.status_code, response.headers["content-type"]) == (404, PROBLEM)
    assert response.json()["code"] in {"not_found", "rewrite_not_found"}


def test_a_client_that_leaves_cancels_nothing(client, upstream: Upstream):
    upstream.will(Say(GOOD, seconds_per_chunk=0.05))
    with client.stream(
        "POST", "/api/v1/rewrites", json={"prompt": PROMPT}, headers={"accept": "text/event-stream"}
    ) as stream:
        for line in stream.iter_lines():
            if line.startswith("data: "):
                rewrite_id = json.loads(line.removeprefix("data: "))["id"]
                break
    for _ in range(100):
        rewrite = client.get(f"/api/v1/rewrites/{rewrite_id}").json()
        if rewrite["outcome"] != "running":
            break
        time.sleep(0.05)
    assert rewrite["outcome"] == "rewritten"


def test_a_client_that_does_not_wait_for_the_result_cancels_nothing(client, upstream: Upstream):
    upstream.will(Say(GOOD, seconds_per_chunk=0.05))
    with pytest.raises(httpx.ReadTimeout):
        client.post("/api/v1/rewrites", json={"prompt": PROMPT}, timeout=0.2)
    for _ in range(100):
        items = client.get("/api/v1/rewrites").json()["items"]
        if items and items[0]["outcome"] != "running":
            break
        time.sleep(0.05)
    assert items[0]["outcome"] == "rewritten"


def test_while_the_engine_thinks_others_are_served(client, upstream: Upstream):
    upstream.will(Stall(3))
    with pytest.raises(httpx.ReadTimeout):
        client.post("/api/v1/rewrites", json={"prompt": PROMPT}, timeout=0.2)
    assert client.get("/health/ready").status_code == 200
    assert client.get("/api/v1/rewrites").json()["items"][0]["outcome"] == "running"


def test_the_api_documents_itself_without_any_other_host(client):
    page = client.get("/api/docs")
    assert page.status_code == 200
    assert "http" not in page.text.replace("http-equiv", "")
    document = client.get("/api/docs/openapi.json").json()
    post = document["paths"]["/api/v1/rewrites"]["post"]
    assert set(post["responses"]) >= {"201", "400", "413", "415", "422", "502", "503", "504"}
    assert PROBLEM in post["responses"]["503"]["content"]
    assert "/rewrites" not in document["paths"]


@pytest.mark.parametrize("path", ["/", "/api/v1/guides", "/static/app.css", "/nothing", "/api/docs", "/health/live"])
def test_every_answer_carries_the_security_headers(client, path):
    headers = client.get(path).headers
    assert "default-src 'self'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    if path != "/api/docs":
        assert "unsafe" not in headers["content-security-policy"]
