"""The report of a rewrite in a real browser: findings in both texts, the ledger, and what was locked in the form."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e import test_form
from tests.e2e.test_form import CONTRAST, submit
from tests.fakes.upstream import Say, Upstream

pytestmark = test_form.pytestmark
browser, upstream, address, page = test_form.browser, test_form.upstream, test_form.address, test_form.page

PROMPT = "I want you to sort {{list}} by name.\nGive at most 3 names in all.\nSay <b>nothing</b> else, please."
AFTER = "Sort {{list}} by name.\nGive at least 3 names in all.\nSay <b>nothing</b> else."
KEEP = "Say <b>nothing</b> else, please."
BEFORE, BEHIND = "section[aria-label=Before] pre", "section[aria-label=After] pre"


def whole(text: str) -> Callable[[dict[str, Any]], str]:
    """Answer every request with *text*, in the form of a whole reply with the mark of the request."""

    def reply(request: dict[str, Any]) -> str:
        mark = re.search(r"<message-(\w+) ", request["messages"][1]["content"])[1]
        account = f'<changes-{mark}>\nrequest-wrapped | "Sort" | The verb comes late.\n</changes-{mark}>'
        return f'<message-{mark} n="1">\n{text.replace("MARK", mark)}\n</message-{mark}>\n{account}'

    return reply


def mutilated(upstream: Upstream) -> None:
    upstream.will(*[Say(whole(AFTER))] * 3)


def submit_for_any(page, prompt: str = PROMPT) -> None:
    """Submit and accept a text that the checks refuse."""
    page.goto("/")
    page.fill("textarea[name=prompt]", prompt)
    page.check("[name=accept_warnings]")
    page.click("button[type=submit]")


def lock(page, part: str) -> None:
    """Select *part* of the prompt, as a hand would, and lock it."""
    page.evaluate(
        "part => { const field = document.getElementById('prompt'); field.focus();"
        " const start = field.value.indexOf(part); field.setSelectionRange(start, start + part.length); }",
        part,
    )
    page.click("#lock")


def locked(page) -> list[str]:
    return [text.removesuffix("×").strip() for text in page.locator("#locked li").all_inner_texts()]


def test_a_finding_is_marked_in_both_texts_and_leads_to_its_words(page, upstream: Upstream):
    mutilated(upstream)
    submit_for_any(page)
    page.wait_for_selector(".badge.flagged")
    alert = page.inner_text(".notice.bad[role=alert]")
    assert "This text does not keep what the prompt holds." in alert
    assert "You asked for it all the same." in alert
    for side in (BEFORE, BEHIND):
        (mark,) = page.locator(f"{side} mark").all()
        assert mark.evaluate("mark => mark.firstChild.textContent") == "3"
        assert mark.get_attribute("title") == "see finding 1"
        assert mark.locator("sup.ref").inner_text() == "1"
    assert page.locator(f"{BEFORE} del").all_inner_texts() == ["I want you to sort", "most", ", please"]
    assert page.locator(f"{BEHIND} ins").all_inner_texts() == ["Sort", "least"]
    page.click(f"{BEHIND} mark a")
    assert page.url.endswith("#finding-1")
    finding = page.inner_text("li:target")
    assert finding == "blocking 3 was an upper limit and is a lower limit now. number_changed"


def test_the_texts_of_the_report_are_the_texts_and_nothing_more(page, upstream: Upstream):
    mutilated(upstream)
    submit_for_any(page)
    page.wait_for_selector(".badge.flagged")
    for side, text in ((BEFORE, PROMPT), (BEHIND, AFTER)):
        without_references = "pre => { const copy = pre.cloneNode(true);"
        without_references += " copy.querySelectorAll('sup').forEach(sup => sup.remove()); return copy.textContent; }"
        assert page.locator(side).evaluate(without_references) == text
    assert page.input_value("#after-text") == AFTER


def test_where_every_instruction_went_is_told_line_by_line(page, upstream: Upstream):
    prompt = "I want you to sort {{list}} by name.\nKeep it short and simple.\nBe kind to each of the readers."
    upstream.will(Say(whole("Sort {{list}} by name.\nBe kind to each of the readers.\nKeep it short and simple.")))
    submit(page, prompt)
    page.wait_for_selector(".badge.rewritten")
    assert "1 sentence kept word for word; 2 others:" in page.inner_text("section[aria-labelledby=ledger-title]")
    fates = page.locator(".ledger .badge").all_inner_texts()
    assert sorted(fates) == ["moved", "reworded"]
    reworded = page.locator(".ledger li:has(.badge.reworded)")
    assert "shown by code" in reworded.inner_text()
    assert reworded.locator("del").all_inner_texts() == ["I want you to sort {{list}} by name."]
    assert reworded.locator("ins").all_inner_texts() == ["Sort {{list}} by name."]


def test_of_a_text_that_was_refused_only_its_findings_are_shown(page, upstream: Upstream):
    mutilated(upstream)
    submit(page, PROMPT)
    page.wait_for_selector(".badge.returned")
    own = page.locator("section[aria-label='Your prompt'] pre")
    assert own.locator("mark").evaluate("mark => mark.firstChild.textContent") == "3"
    assert "3 was an upper limit and is a lower limit now." in page.inner_text("#finding-1")
    assert "This tells of the text that was refused." in page.inner_text("main")
    assert "at least" not in page.inner_text("main")
    assert page.input_value("#after-text") == PROMPT


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_marks_and_findings_can_be_read(browser, address: str, upstream: Upstream, scheme: str):
    mutilated(upstream)
    context = browser.new_context(base_url=address, viewport={"width": 360, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    submit_for_any(page)
    page.wait_for_selector(".badge.flagged")
    assert page.evaluate(CONTRAST) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    context.close()


def test_without_javascript_the_report_is_there(browser, address: str, upstream: Upstream):
    mutilated(upstream)
    context = browser.new_context(base_url=address, java_script_enabled=False)
    page = context.new_page()
    submit_for_any(page)
    page.wait_for_selector(".badge.flagged", timeout=15_000)
    assert "number_changed" in page.inner_text("#finding-1")
    assert page.locator(f"{BEFORE} mark").count() == page.locator(f"{BEHIND} mark").count() == 1
    assert page.locator(f"{BEHIND} ins").all_inner_texts() == ["Sort", "least"]
    assert page.locator(".ledger li").count() == 3
    assert page.inner_text("section[aria-labelledby=changes-title] h2") == "1 change"
    assert "temperature" in page.inner_text("table")
    page.click(f"{BEFORE} mark a")
    assert page.locator("li:target .badge.blocking").count() == 1
    assert not page.locator("#after-text").is_visible()
    context.close()


def test_without_javascript_marks_in_the_text_lock(browser, address: str, upstream: Upstream):
    marked = f"I want you to sort {{{{list}}}} by name. <!-- refrase:lock -->{KEEP}<!-- /refrase:lock -->"
    upstream.will(Say(whole('Sort {{list}} by name. <locked-MARK id="1"/>')))
    context = browser.new_context(base_url=address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    assert "refrase:lock" in page.inner_text("#prompt-help")
    submit(page, marked)
    page.wait_for_selector(".badge.rewritten", timeout=15_000)
    assert page.inner_text(BEHIND) == marked.replace("I want you to sort", "Sort")
    context.close()


def test_a_selection_that_is_locked_survives_the_rewrite(page, upstream: Upstream):
    upstream.will(Say(whole('Sort {{list}} by name.\nGive at most 3 names in all.\n<locked-MARK id="1"/>')))
    page.goto("/")
    page.fill("textarea[name=prompt]", PROMPT)
    lock(page, KEEP)
    assert locked(page) == [KEEP]
    page.click("button[type=submit]")
    page.wait_for_selector(".badge.rewritten")
    assert page.inner_text(BEHIND).endswith(f"\n{KEEP}")
    assert f'id="1">{KEEP}</locked-' in upstream.requests[0]["messages"][1]["content"]
    assert "locked-" not in page.content()


def test_a_text_is_locked_once_and_can_be_unlocked(page, upstream: Upstream):
    page.goto("/")
    page.fill("textarea[name=prompt]", PROMPT)
    assert locked(page) == []
    for part in (KEEP, "by name", KEEP, "\n"):
        lock(page, part)
    assert locked(page) == [KEEP, "by name"]
    page.click("#locked li:first-child button[aria-label=Unlock]")
    assert locked(page) == ["by name"]
    page.click("button[type=submit]")
    page.wait_for_selector("#after-text", state="attached")
    asked = upstream.requests[0]["messages"][1]["content"]
    assert re.findall(r'id="\d">([^<]*)</locked-', asked) == ["by name"]


def test_a_text_is_locked_by_keyboard_alone(page):
    page.goto("/")
    page.wait_for_selector("#prompt:focus")
    page.keyboard.type("Wait for {{time}}.")
    page.keyboard.press("Control+A")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "lock"
    page.keyboard.press("Enter")
    assert locked(page) == ["Wait for {{time}}."]
    assert page.evaluate("document.activeElement.id") == "prompt"


def test_a_locked_text_is_shown_as_text_however_it_looks(page):
    page.goto("/")
    page.fill("textarea[name=prompt]", f"<img src=x onerror=alert(1)>{'x' * 80}")
    lock(page, f"<img src=x onerror=alert(1)>{'x' * 80}")
    assert locked(page) == [f"<img src=x onerror=alert(1)>{'x' * 31}…"]
    assert page.locator("#locked img").count() == 0


def test_locks_survive_a_form_that_comes_back(browser, address: str, upstream: Upstream):
    context = browser.new_context(base_url=address)
    page = context.new_page()
    page.goto("/")
    page.fill("textarea[name=prompt]", PROMPT)
    lock(page, KEEP)
    lock(page, "by name")
    page.fill("textarea[name=prompt]", PROMPT.replace(KEEP, "Be brief."))
    page.click("button[type=submit]")
    assert f"The locked text “{KEEP}” does not stand in the prompt any more." in page.inner_text("[role=alert]")
    assert locked(page) == [KEEP, "by name"]
    assert upstream.requests == []
    page.click("#locked li:first-child button")
    page.click("button[type=submit]")
    page.wait_for_selector("#after-text", state="attached")
    assert "by name" in page.input_value("#after-text")
    assert len(upstream.requests) >= 1
    context.close()


def test_whoever_goes_back_finds_the_prompt_with_its_locks(page, upstream: Upstream):
    page.goto("/")
    page.fill("textarea[name=prompt]", PROMPT)
    page.check("[name=accept_warnings]")
    lock(page, KEEP)
    page.click("button[type=submit]")
    page.wait_for_selector(".badge")
    page.go_back()
    page.wait_for_selector("#locked li")
    assert page.input_value("textarea[name=prompt]") == PROMPT
    assert (locked(page), page.is_checked("[name=accept_warnings]")) == ([KEEP], True)


def test_whoever_asks_anew_finds_what_was_locked_and_accepted(page, upstream: Upstream):
    page.goto("/")
    page.fill("textarea[name=prompt]", PROMPT)
    page.check("[name=accept_warnings]")
    lock(page, KEEP)
    page.click("button[type=submit]")
    page.wait_for_selector(".badge")
    page.click("text=Change and ask anew")
    assert page.input_value("textarea[name=prompt]") == PROMPT
    assert (locked(page), page.is_checked("[name=accept_warnings]")) == ([KEEP], True)
