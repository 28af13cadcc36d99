"""The form in a real browser, against a real process of the service and a fake provider on a real socket."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import LIBRARIES, needs_libraries
from tests.fakes.server import RunningServer
from tests.fakes.upstream import Say, Upstream, scribe

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed")

PROMPT = "\n".join(
    [
        "I want you to sort {{list}} by <name>.",
        "Mind the order of the names.",
        *(
            f"Leave out whoever has left in the year {year} or later, unless they came back."
            for year in range(2010, 2018)
        ),
    ]
)


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield opened
        opened.close()


class Service:
    """A real `refrase serve` of its own."""

    def __init__(self, folder: Path, **environ: str) -> None:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("REFRASE") and "API_KEY" not in name
        }
        self._environ = {**kept, "REFRASE_DATA_DIR": str(folder), **environ}
        self._log = folder / "serve.log"

    def __enter__(self) -> str:
        command = [sys.executable, "-m", "refrase", "serve", "--port", "0"]
        with self._log.open("w") as log:
            self._process = subprocess.Popen(command, env=self._environ, stderr=log)
        while "Refrase is at http" not in (told := self._log.read_text()):
            assert self._process.poll() is None, told
            time.sleep(0.02)
        return told.split("Refrase is at ")[1].split()[0]

    def __exit__(self, *_error: object) -> None:
        self._process.terminate()
        self._process.wait(30)
        assert "Traceback" not in self._log.read_text()


@pytest.fixture
def upstream() -> Upstream:
    return Upstream(seconds_per_chunk=0.02)


@pytest.fixture
def address(tmp_path: Path, upstream: Upstream) -> Iterator[str]:
    with RunningServer(upstream) as url, Service(tmp_path, REFRASE_ENGINE_BASE_URL=f"{url}/v1") as opened:
        yield opened


@pytest.fixture
def page(browser, address: str):
    """A page that fails its test for any complaint of the browser and any request to another host."""
    complaints: list[str] = []
    context = browser.new_context(base_url=address)
    opened = context.new_page()
    opened.on(
        "console", lambda message: complaints.append(message.text) if message.type in {"error", "warning"} else None
    )
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("request", lambda request: None if request.url.startswith(address) else complaints.append(request.url))
    yield opened
    context.close()
    assert complaints == []


def submit(page, prompt: str = PROMPT) -> None:
    page.goto("/")
    page.fill("textarea[name=prompt]", prompt)
    page.click("button[type=submit]")


def test_a_prompt_is_pasted_written_before_the_eyes_and_shown_with_its_report(page):
    submit(page)
    page.wait_for_selector("#stream li")
    assert "is at work" in page.inner_text("#status")
    page.wait_for_selector(".badge.rewritten")
    assert "/rewrites/" in page.url
    assert page.inner_text(".sides section:nth-child(2) ins") != ""
    assert "Mind the order" in page.inner_text(".sides section:nth-child(2) pre")
    assert "1 change" in page.inner_text("#changes-title")
    assert "All survived." in page.inner_text("main")
    assert "temperature" in page.inner_text("table")
    assert "Tokens in" in page.inner_text(".facts")
    page.click("text=History")
    page.click("table a")
    page.wait_for_selector(".badge.rewritten")


def test_a_whole_text_streams_into_the_page(page, upstream: Upstream):
    upstream.will(Say(scribe, seconds_per_chunk=0.1))
    submit(
        page, "Sort the list of names by their length.\nUse <b>nothing</b> but {{list}}.\nBe quick about it, please."
    )
    page.wait_for_selector("pre#stream:has-text('Sort the list')")
    page.wait_for_selector("#after-text", state="attached")


def test_a_page_that_is_reloaded_while_it_is_written_goes_on(page, upstream: Upstream):
    upstream.will(Say(scribe, seconds_per_chunk=0.15))
    submit(page)
    page.wait_for_selector("#work[aria-busy]")
    page.reload()
    page.wait_for_selector(".badge.rewritten", timeout=15_000)
    assert len(upstream.requests) == 1


def test_the_rewrite_is_copied(page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    submit(page)
    page.wait_for_selector(".badge.rewritten")
    page.click("[data-copy]")
    page.wait_for_selector("#copied:has-text('Copied.')")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "Mind the order" in copied
    assert copied == page.input_value("#after-text")


def test_the_form_works_by_keyboard_alone(page):
    page.goto("/")
    page.keyboard.type("I want you to wait for {{time}}.")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#after-text", state="attached")


def test_without_javascript_the_same_comes_about(browser, address: str):
    context = browser.new_context(base_url=address, java_script_enabled=False)
    page = context.new_page()
    submit(page)
    page.wait_for_selector(".badge.rewritten", timeout=15_000)
    assert page.locator(".sides ins").count() >= 1
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_no_page_is_wider_than_its_window_and_text_can_be_read(browser, address: str, width: int, scheme: str):
    context = browser.new_context(base_url=address, viewport={"width": width, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    submit(page)
    page.wait_for_selector(".badge.rewritten")
    for path in (page.url, "/", "/history", "/guides", "/guides/kimi-k2"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert page.evaluate(CONTRAST) == [], path
    context.close()


# Text and the first background behind it that is not transparent must differ by the ratio of WCAG AA.
CONTRAST = """() => {
  const channel = c => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const parse = s => s.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const behind = e => { for (; e; e = e.parentElement) {
    const colour = parse(getComputedStyle(e).backgroundColor); if (colour.length < 4 || colour[3] > 0) return colour; }
    return [255, 255, 255]; };
  const poor = [];
  for (const e of document.querySelectorAll('main *, header *')) {
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()) || !e.offsetParent) continue;
    if (e.matches('option, optgroup, :disabled')) continue;
    const a = luminance(parse(getComputedStyle(e).color)), b = luminance(behind(e));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) poor.push(e.tagName + '.' + e.className + ' ' + ratio.toFixed(2));
  }
  return poor;
}"""


def test_without_a_key_the_page_is_offline_and_says_so(browser, tmp_path: Path):
    with Service(tmp_path) as address:
        context = browser.new_context(base_url=address)
        page = context.new_page()
        page.goto("/")
        assert "Offline engine." in page.inner_text(".notice")
        page.fill("textarea[name=prompt]", "I want you to wait for {{time}}.")
        page.click("button[type=submit]")
        page.wait_for_selector(".badge.fixed")
        assert "no model read this prompt" in page.inner_text(".notice.offline")
        assert "Wait for {{time}}." in page.inner_text(".sides section:nth-child(2) pre")
        context.close()


def test_the_api_page_needs_no_other_host(page):
    page.goto("/api/docs")
    page.wait_for_selector('[data-path="/api/v1/rewrites"]')
    page.click("text=Rewrite a prompt")
    page.wait_for_selector("text=Accept: text/event-stream")


@needs_libraries
def test_a_real_prompt_of_a_real_library(page):
    prompt = (LIBRARIES / "native" / "14-markdown-fabric" / "extract_wisdom" / "system.md").read_text("utf-8")
    submit(page, prompt)
    page.wait_for_selector(".badge.rewritten")
    assert "25 numbers" in page.inner_text("main")
