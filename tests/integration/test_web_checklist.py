"""The checks of the guide on the page of a rewrite: before and after."""

import re

from tests.conftest import MARK
from tests.fakes.upstream import Say, Upstream
from tests.form import ACCOUNT, finished_page, submit

REST = "Mind the order of the names, and leave out whoever has left the club since. Nobody wants letters of others."
CHECKED = f"I want you to sort {{{{list}}}}. {REST}\n\nYou are a helpful assistant."
ROW = re.compile(r'<span class="badge \w+">([^<]+)</span>\s+([^<]+?)\s+<a class="rule" href="[^"]*#rule-([\w-]+)"')


def checklist_of(page: str) -> dict[str, str]:
    """Return what the page says of each rule whose check found something."""
    section = page.partition('aria-labelledby="checklist-title"')[2].partition("</section>")[0]
    return {rule: state for state, _, rule in ROW.findall(section)}


def test_the_checks_of_the_guide_stand_before_and_after(client):
    page = finished_page(client, submit(client, prompt=CHECKED, engine="offline"))
    assert checklist_of(page) == {"request-wrapped": "no longer found", "role-empty": "still found"}
    assert re.search(r"\d+ other checks of rules that apply here found nothing", page)


def test_where_the_text_stayed_the_checks_say_what_they_found(client):
    page = finished_page(
        client, submit(client, prompt=f"Sort {{{{list}}}}. {REST}\n\nYou are a helpful assistant.", engine="offline")
    )
    assert checklist_of(page) == {"role-empty": "found"}


def test_what_is_ignored_is_not_in_the_checklist(client):
    text = f"{{# refrase:ignore-file role-empty #}}\n{CHECKED}"
    page = finished_page(client, submit(client, prompt=text, engine="offline"))
    assert checklist_of(page) == {"request-wrapped": "no longer found"}


def test_what_the_rewrite_alone_has_is_told_as_new(client, upstream: Upstream):
    after = "Please note that you must sort {{list}} by <name> & give the 3 longest ones."
    upstream.will(Say(f'<message-{MARK} n="1">\n{after}\n</message-{MARK}>\n{ACCOUNT}'))
    page = finished_page(client, submit(client, accept_warnings="true"))
    states = checklist_of(page)
    assert states["request-wrapped"] == "no longer found"
    assert states["filler-openings"] == "new in the rewrite"
