"""The request of today in the form: translated, offered again, and kept where something is at fault."""

import re

from tests.conftest import MARK
from tests.fakes.upstream import Say, Upstream
from tests.form import GOOD, HTML, finished_page, submit

CALL = (
    '{"model": "gpt-4o", "temperature": 0.2, "top_p": 0.9, "tools": [{"name": "find_order"}], "api_key": "sk-SECRET"}'
)


def test_the_request_of_today_is_translated_and_offered_again(client, upstream: Upstream):
    upstream.will(Say(GOOD))
    response = submit(client, call=CALL)
    page = finished_page(client, response)
    assert "Today’s 0.2 was set for gpt-4o." in page
    assert "exacto-routing" in page
    assert "sk-SECRET" not in page
    again = client.get(f"/?pair={response.headers['location'].split('/')[-1]}", headers=HTML).text
    assert "&#34;temperature&#34;: 0.2" in again
    assert re.search(r'<details class="more" open>', again)


def test_whoever_asks_again_with_a_request_of_today_gets_it_translated_and_pays_nothing(client, upstream: Upstream):
    upstream.will(Say(GOOD))
    finished_page(client, submit(client))
    response = submit(client, call=CALL.replace('"tools": [{"name": "find_order"}], ', ""))
    assert response.status_code == 200
    assert "answered before" in response.text
    assert "Today’s 0.2 was set for gpt-4o." in response.text
    assert len(upstream.requests) == 1


def test_tools_of_the_request_of_today_are_names_that_the_rewrite_keeps(client, upstream: Upstream):
    prompt = "I want you to call find_order for {{list}}."
    upstream.will(*[Say(f'<message-{MARK} n="1">\nCall search_order for {{{{list}}}}.\n</message-{MARK}>')] * 3)
    page = finished_page(client, submit(client, prompt=prompt, call=CALL))
    assert "<code>tool_" in page


def test_a_request_of_today_that_is_no_json_comes_back_with_the_fault_beside_it(client, upstream: Upstream):
    response = submit(client, call='{"model": "gpt-4o",\r\n}')
    assert response.status_code == 400
    assert re.search(r'<p id="call-error" class="fault">The request of today is not JSON\..*in line 2', response.text)
    assert 'aria-invalid="true"' in response.text
    assert "{&#34;model&#34;: &#34;gpt-4o&#34;," in response.text
    assert "I want you to sort {{list}}" in response.text
    assert upstream.requests == []


def test_the_request_of_today_stays_where_something_else_is_at_fault(client):
    response = submit(client, target="kimi-k2-0906", call=CALL)
    assert "&#34;temperature&#34;: 0.2" in response.text
    assert "call-error" not in response.text
    assert "sk-SECRET" not in response.text
