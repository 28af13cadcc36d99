"""The web form as a browser without JavaScript meets it."""

import re

import pytest

from tests.conftest import KEY, make_settings, serving
from tests.fakes.server import RunningServer
from tests.fakes.upstream import Refuse, Say, Stall, Upstream
from tests.form import AFTER, GOOD, HTML, PROMPT, finished_page, submit, token_of


def test_a_pasted_prompt_leads_to_its_rewrite(client, upstream: Upstream):
    upstream.will(Say(GOOD))
    page = finished_page(client, submit(client))
    assert '<span class="badge rewritten">rewritten</span>' in page
    assert "<del>I want you to sort</del>" in page
    assert "<ins>Sort</ins>" in page
    assert "The verb comes late." in page
    assert "/guides/kimi-k2#rule-request-wrapped" in page
    assert "by &lt;name&gt; &amp; give" in page
    assert "<name>" not in page
    assert "All survived." in page
    assert "$0.0012" in page
    assert "temperature" in page


def test_the_text_alone_can_be_saved(client, upstream: Upstream):
    upstream.will(Say(GOOD))
    response = submit(client)
    finished_page(client, response)
    saved = client.get(f"{response.headers['location']}/text")
    assert saved.text == AFTER
    assert saved.headers["content-disposition"].startswith('attachment; filename="kimi-k2-0905-')


def test_an_equal_prompt_is_answered_from_before_and_can_be_asked_anew(client, upstream: Upstream):
    upstream.will(Say(GOOD), Say(GOOD))
    first = submit(client)
    finished_page(client, first)
    second = submit(client)
    assert "answered before" in finished_page(client, second)
    assert len(upstream.requests) == 1
    again = client.get(f"/?pair={first.headers['location'].rpartition('/')[2]}", headers=HTML).text
    assert "I want you to sort {{list}}" in again
    assert '<input type="hidden" name="fresh" value="true">' in again
    finished_page(client, submit(client, fresh="true"))
    assert len(upstream.requests) == 2


def test_line_ends_that_a_browser_changes_are_changed_back(client, upstream: Upstream):
    response = submit(client, prompt="I want you to wait.\r\n\r\nThen go.", engine="offline")
    finished_page(client, response)
    assert client.get(f"{response.headers['location']}/text").text == "Wait.\n\nThen go."


def test_while_it_is_written_the_page_says_so_and_comes_again_by_itself(client, upstream: Upstream):
    upstream.will(Stall(3))
    page = client.get(submit(client).headers["location"], headers=HTML).text
    assert 'aria-busy="true"' in page
    assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in page
    assert "is at work" in page


def test_the_stream_of_a_page_is_fragments_that_end_in_the_result(client, upstream: Upstream):
    upstream.will(Say(GOOD, seconds_per_chunk=0.02))
    location = submit(client).headers["location"]
    with client.stream("GET", f"{location}/events") as stream:
        text = "\n".join(stream.iter_lines())
    assert '<hx-partial hx-target="#stream" hx-swap="beforeend">' in text
    assert "by &lt;name&gt; &amp; give" in text
    assert '<section id="work">' in text
    assert text.rstrip().endswith("data:") or "event: finished" in text


def test_a_stream_that_broke_goes_on_where_it_was(client, upstream: Upstream):
    upstream.will(Say(GOOD))
    response = submit(client)
    finished_page(client, response)
    with client.stream("GET", f"{response.headers['location']}/events", headers={"last-event-id": "3"}) as stream:
        text = "\n".join(stream.iter_lines())
    assert "hx-target" not in text
    assert '<section id="work">' in text


def test_a_repair_is_told_in_the_stream(client, upstream: Upstream):
    upstream.will(Say(GOOD.replace("{{list}}", "it"), seconds_per_chunk=0.02), Say(GOOD, seconds_per_chunk=0.02))
    location = submit(client).headers["location"]
    with client.stream("GET", f"{location}/events") as stream:
        text = "\n".join(stream.iter_lines())
    assert "The checks refused this text: The variable {{list}} is lost." in text


@pytest.mark.parametrize(
    ("steps", "outcome", "told"),
    [
        ([Refuse(401, {"message": "bad key"})], "failed", "bad key"),
        ([Say(GOOD.replace("{{list}}", "it"))] * 3, "returned", "The variable {{list}} is lost."),
        ([Say(GOOD.replace("Sort", "I want you to sort"))], "unchanged", "nothing in the prompt that breaks"),
    ],
    ids=["failed", "returned", "unchanged"],
)
def test_every_outcome_has_its_page_with_the_original_and_the_reason(client, upstream: Upstream, steps, outcome, told):
    upstream.will(*steps)
    response = submit(client)
    page = finished_page(client, response)
    assert f'<span class="badge {outcome}">{outcome}</span>' in page
    assert told in page
    assert client.get(f"{response.headers['location']}/text").text == PROMPT


@pytest.mark.parametrize(
    ("fields", "status", "told"),
    [
        ({"prompt": "  "}, 400, "The prompt is empty."),
        ({"prompt": "x" * 1_000_001}, 413, "this installation takes up to"),
        ({"target": "kimi-k2-0906"}, 422, "Did you mean kimi-k2-0905"),
    ],
    ids=["empty", "large", "unknown target"],
)
def test_a_prompt_that_cannot_be_taken_comes_back_with_the_reason(client, fields, status, told):
    response = submit(client, **fields)
    assert response.status_code == status
    assert told in response.text
    if "prompt" not in fields:
        assert "I want you to sort {{list}} by &lt;name&gt;" in response.text


def test_a_page_says_who_answered_where_the_first_one_failed(tmp_path, upstream: Upstream, upstream_url: str):
    second = Upstream()
    second.will(Say(GOOD))
    upstream.will(Refuse(401, {"message": "no"}))
    with RunningServer(second) as address:
        settings = make_settings(
            tmp_path,
            OPENROUTER_API_KEY=KEY,
            REFRASE_ENGINE_PROVIDER="openrouter",
            REFRASE_ENGINE_BASE_URL=upstream_url,
            REFRASE_PROVIDERS_FILE=str(profile_of(tmp_path, address)),
            REFRASE_ENGINE_FALLBACKS="second",
        )
        with serving(settings) as client:
            page = finished_page(client, submit(client))
    assert "second-model at second" in page
    assert "after moonshotai/kimi-k2-0905 at openrouter failed" in page


def profile_of(folder, address: str):
    path = folder / "providers.toml"
    names = f'title = "Second"\nbase_url = "{address}/v1"\nmodel = "second-model"\nsource = "https://example.com"\n'
    path.write_text(f"[second]\n{names}key_variables = []\nkey_required = false\n")
    return path


def test_a_page_says_that_the_provider_is_waited_for(tmp_path, upstream: Upstream, upstream_url: str):
    settings = make_settings(
        tmp_path,
        OPENROUTER_API_KEY=KEY,
        REFRASE_ENGINE_PROVIDER="openrouter",
        REFRASE_ENGINE_BASE_URL=upstream_url,
        REFRASE_ENGINE_REQUESTS_PER_MINUTE="1",
    )
    with serving(settings) as client:
        finished_page(client, submit(client))
        place = submit(client, prompt=f"{PROMPT} Again.").headers["location"]
        assert "Waiting 60 s: the provider takes 1 requests a minute." in client.get(f"{place}/events").text


def test_a_form_from_elsewhere_is_refused(client, upstream: Upstream):
    response = client.post("/rewrites", data={"prompt": PROMPT}, headers=HTML)
    assert response.status_code == 403
    assert "text/html" in response.headers["content-type"]
    assert upstream.requests == []


def test_a_body_that_is_too_large_is_a_page(client):
    page = client.get("/", headers=HTML)
    data = {"_csrf_token": token_of(page.text), "prompt": "x" * 5_000_000}
    response = client.post("/rewrites", data=data, headers=HTML)
    assert response.status_code == 413
    assert "Back button" in response.text


def test_without_a_key_the_form_offers_the_offline_engine_and_says_so(tmp_path):
    with serving(make_settings(tmp_path)) as client:
        page = client.get("/", headers=HTML).text
        assert "Offline engine." in page
        assert "Set OPENROUTER_API_KEY=" in page
        assert 'value="model"' not in page
        result = finished_page(client, submit(client, engine="offline"))
        assert '<span class="badge fixed">fixed</span>' in result
        assert "no model read this prompt" in result
        assert "Cost" not in result
        assert "offline" in client.get("/history", headers=HTML).text


def test_a_form_that_asks_for_a_missing_engine_comes_back_with_the_reason(tmp_path):
    with serving(make_settings(tmp_path)) as client:
        response = submit(client, engine="model")
        assert response.status_code == 503
        assert "No key for OpenRouter is set" in response.text


def test_history_is_searched_and_paged(client):
    for number in range(27):
        finished_page(client, submit(client, prompt=f"I want you to count to {number}.", engine="offline"))
    first = client.get("/history", headers=HTML).text
    assert first.count('class="badge fixed"') == 25
    older = re.search(r'href="(/history\?[^"]*cursor=[^"]+)">Older', first)[1].replace("&amp;", "&")
    assert client.get(older, headers=HTML).text.count('class="badge fixed"') == 2
    found = client.get("/history", params={"q": "count to 26"}, headers=HTML).text
    assert found.count('class="badge fixed"') == 1
    assert "No pair matches" in client.get("/history", params={"q": "<script>"}, headers=HTML).text


def test_the_guide_is_a_page_with_rules_sources_and_dates(client):
    page = client.get("/guides/kimi-k2", headers=HTML).text
    assert 'id="rule-request-wrapped"' in page
    assert "primary, verified 2026-11-23" in page
    assert "Disagreements" in page
    assert "Checked by code, with a fix" in page
    assert "/guides/kimi-k2" in client.get("/guides", headers=HTML).text


@pytest.mark.parametrize("path", ["/nothing", "/rewrites/nothing", "/guides/nothing"])
def test_what_is_not_there_is_a_page_for_a_browser(client, path):
    response = client.get(path, headers=HTML)
    assert response.status_code == 404
    assert "text/html" in response.headers["content-type"]
    assert 'role="alert"' in response.text


def test_pages_name_no_other_host_but_sources(client):
    for path in ("/", "/history", "/guides"):
        page = client.get(path, headers=HTML).text
        assert not re.search(r'(?:src|href|action)="(?:https?:)?//', page)
        assert not re.search(r"<script(?![^>]*src=)|\son\w+=|\sstyle=", page)
