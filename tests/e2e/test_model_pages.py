"""The pages about models in a real browser: at phone width, in both colour schemes, without JavaScript, by keyboard."""

import pytest

from refrase.web.examples import read_examples
from tests.e2e import test_form
from tests.e2e.test_form import CONTRAST

pytestmark = test_form.pytestmark
browser, upstream, address, page = test_form.browser, test_form.upstream, test_form.address, test_form.page

PATHS = (
    "/guides",
    "/guides/kimi-k2",
    "/models/kimi-k2-0905",
    "/models/gpt-5",
    "/compare?a=kimi-k2-0905&b=command-a-03-2025",
    "/compare?a=kimi-k2-0905&b=kimi-k3",
    "/rules?q=json",
)
# Each control has a name, levels of headings are not skipped, landmarks and ids are there once.
STRUCTURE = """() => {
  const faults = [];
  let last = 0;
  for (const e of document.querySelectorAll('h1, h2, h3, h4')) {
    const level = +e.tagName[1];
    if (level > last + 1) faults.push(e.textContent);
    last = level;
  }
  for (const e of document.querySelectorAll('input:not([type=hidden]), select, textarea'))
    if (!e.labels.length) faults.push(e.outerHTML);
  for (const e of document.querySelectorAll('button, a, summary')) if (!e.textContent.trim()) faults.push(e.outerHTML);
  for (const s of ['main', 'h1', 'header']) if (document.querySelectorAll(s).length !== 1) faults.push(s);
  for (const e of document.querySelectorAll('nav')) if (!e.ariaLabel) faults.push(e.outerHTML);
  return faults;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_pages_about_models_fit_their_window_and_can_be_read(browser, address: str, width: int, scheme: str):
    context = browser.new_context(
        base_url=address, viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    for path in PATHS:
        page.goto(path)
        page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true })")
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
        assert page.evaluate(CONTRAST) == [], path
        assert page.evaluate(STRUCTURE) == [], path
    context.close()


def test_a_sample_is_copied_as_it_is_shown(page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/models/kimi-k2-0905")
    page.click("text=Moonshot AI, Anthropic form:")
    page.click("[data-copy=code-moonshot-anthropic-2]")
    page.wait_for_selector("#copied:has-text('Copied.')")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.inner_text("#code-moonshot-anthropic-2")
    assert 'os.environ["MOONSHOT_API_KEY"]' in copied


def test_an_example_goes_into_the_form_and_can_be_taken_back(page):
    page.goto("/models/kimi-k2-0905")
    page.fill("#prompt", "My own text.")
    page.click("text=Sum up a report")
    assert page.url.endswith("/models/kimi-k2-0905")
    assert page.input_value("#prompt") == read_examples()[0].prompt
    page.keyboard.press("Control+Z")
    assert page.input_value("#prompt") == "My own text."
    page.click("text=Sum up a report")
    page.click("text=Rewrite for Kimi K2 0905")
    page.wait_for_selector("#after-text", state="attached", timeout=15_000)


def test_models_are_read_compared_and_searched_without_javascript(browser, address: str):
    context = browser.new_context(base_url=address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/guides")
    page.click("details:has-text('Kimi K2 0905') summary")
    page.click("text=Kimi K2 0905 >> nth=0")
    assert page.url.endswith("/models/kimi-k2-0905")
    assert not page.is_visible("#code-haimaker-1")
    page.click("summary:has-text('Haimaker')")
    assert page.is_visible("#code-haimaker-1")
    page.select_option("#b", "kimi-k3")
    page.click("form[aria-label=Compare] button")
    assert "Kimi K2 0905 and Kimi K3" in page.inner_text("h1")
    page.click("text=Search all rules")
    page.fill("#q", "word count")
    page.press("#q", "Enter")
    page.click(".rules li:first-child a >> nth=0")
    assert "#rule-" in page.url
    page.go_back()
    page.goto("/models/kimi-k3")
    page.click("text=Read an invoice as JSON")
    assert page.input_value("#prompt") == read_examples()[1].prompt
    assert page.input_value("#target") == "kimi-k3"
    context.close()


def test_a_model_is_tried_by_keyboard_alone(page):
    page.goto("/models/kimi-k2-0905")
    page.focus("#prompt")
    page.keyboard.type("I want you to wait for {{time}}.")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#after-text", state="attached", timeout=15_000)
