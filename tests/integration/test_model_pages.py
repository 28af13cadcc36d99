"""The pages about models as a browser without JavaScript meets them, and the same as plain Markdown."""

import html
import re

import httpx
import pytest

from refrase.core.rule_search import CheckWish, RuleQuery, search_rules
from refrase.web.comparison import compare
from refrase.web.examples import read_examples
from tests.book import BOOK
from tests.conftest import make_settings, serving
from tests.integration.test_web import finished_page, token_of

HTML = {"accept": "text/html"}


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with serving(make_settings(tmp_path_factory.mktemp("pages"))) as opened:
        yield opened


def read(client: httpx.Client, path: str) -> str:
    response = client.get(path, headers=HTML)
    assert response.status_code == 200, path
    return html.unescape(response.text)


def anchors(page: str) -> set[str]:
    return set(re.findall(r'id="rule-([^"]+)"', page))


@pytest.mark.parametrize("target", BOOK.targets, ids=lambda target: target.id)
def test_every_model_has_its_page_and_its_markdown_with_its_own_rules(client, target):
    page = read(client, f"/models/{target.id}")
    assert anchors(page) == {rule.id for rule in target.rules}
    for rule in target.rules:
        assert rule.text in page
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    for link in re.findall(r'href="#([^"]+)"', page):
        assert link in ids, link
    assert f'name="target" value="{target.id}"' in page
    for provider_id in target.model.providers.values():
        assert provider_id in page
    plain = client.get(f"/models/{target.id}.md")
    assert plain.headers["content-type"] == "text/markdown; charset=utf-8"
    assert plain.text.startswith(f"# Writing prompts for {target.model.name}\n")
    assert set(re.findall(r"^- `([^`]+)` \S", plain.text, re.MULTILINE)) == {rule.id for rule in target.rules}
    assert "&#" not in plain.text
    assert "\n\n\n" not in plain.text


@pytest.mark.parametrize("guide", BOOK.guides, ids=lambda guide: guide.id)
def test_every_guide_links_its_models_and_is_served_as_its_file(client, guide):
    page = read(client, f"/guides/{guide.id}")
    assert anchors(page) == {rule.id for rule in guide.rules}
    for model in guide.models:
        assert f'href="/models/{model.id}"' in page
    plain = client.get(f"/guides/{guide.id}.md")
    assert plain.text == guide.markdown
    assert plain.headers["content-type"] == "text/markdown; charset=utf-8"


def test_the_page_of_a_model_tells_figures_dates_conditions_checks_and_disagreements(client):
    page = read(client, "/models/kimi-k2-0905")
    assert "262,144 tokens" in page
    assert "$0.60 in, $0.15 cached, $2.50 out" in page
    assert "as of 2026-03-26" in page
    assert "accounts/fireworks/models/kimi-k2-instruct-0905" in page
    assert "applies: the prompt speaks of JSON" in page
    assert re.search(r"\(primary, verified 2026-\d\d-\d\d\)", page)
    assert "Checked by code, with a fix" in page
    assert 'Sources disagree: <a href="#disagreement-' in page
    assert "rule-sampling-fixed" not in page  # a rule of K2.5 and later


def test_another_name_of_a_model_leads_to_its_page(client):
    for name in ("kimi-k2", "moonshotai/kimi-k2-0905", "Kimi-K2-0905"):
        response = client.get(f"/models/{name}", headers=HTML)
        assert (response.status_code, response.headers["location"]) == (302, "/models/kimi-k2-0905")
    assert client.get("/models/kimi-k2.md").headers["location"] == "/models/kimi-k2-0905.md"


@pytest.mark.parametrize("path", ["/models/kimi-k9", "/compare?a=kimi-k9", "/guides/kimi-k9.md", "/models/nothing.md"])
def test_a_model_that_is_not_there_is_a_404_that_offers_the_nearest(client, path):
    response = client.get(path, headers=HTML)
    assert response.status_code == 404
    assert 'role="alert"' in response.text
    if "k9" in path:
        assert "Did you mean" in response.text


def test_a_copy_of_plain_text_is_only_sent_again_when_it_changed(client):
    for path in ("/guides/kimi-k2.md", "/models/kimi-k2-0905.md", "/llms.txt"):
        first = client.get(path)
        assert "max-age" in first.headers["cache-control"]
        tag = first.headers["etag"]
        for held in (tag, f"W/{tag}", f'"other", {tag}'):
            again = client.get(path, headers={"if-none-match": held})
            assert (again.status_code, again.text, again.headers["etag"]) == (304, "", tag)
        assert client.get(path, headers={"if-none-match": '"other"'}).status_code == 200
    version = BOOK.get_guide("kimi-k2").version
    assert client.get("/guides/kimi-k2.md").headers["etag"] == f'"{version}"'
    assert version in client.get("/models/kimi-k2-0905.md").headers["etag"]


def test_llms_txt_has_the_form_of_the_convention_and_its_links_lead_somewhere(client):
    text = client.get("/llms.txt").text
    lines = text.splitlines()
    assert lines[0] == "# Refrase"
    assert lines[2].startswith("> ")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Guides", "Models", "Optional"]
    links = re.findall(r"^- \[[^\]]+\]\(([^)]+)\): \S", text, re.MULTILINE)
    assert len(links) == len(BOOK.guides) + len(BOOK.targets) + 2
    for link in links[:3] + links[-4:]:
        assert client.get(link).status_code == 200, link


def test_the_list_of_guides_tells_dates_rules_and_the_share_with_a_check(client):
    page = read(client, "/guides")
    kimi = BOOK.get_guide("kimi-k2")
    share = round(100 * sum(rule.check is not None for rule in kimi.rules) / len(kimi.rules))
    assert f"{len(kimi.rules)} rules, {share} % checked by code · verified {kimi.verified_at}" in page
    for target in BOOK.targets:
        assert f'href="/models/{target.id}"' in page
    assert client.get("/models", headers=HTML).headers["location"] == "/guides"


def found_ids(page: str) -> list[tuple[str, str]]:
    return re.findall(r'<p><a href="/guides/([^#"]+)#rule-([^"]+)">', page)


def test_rules_are_searched_by_words_and_filters(client):
    json_rules = found_ids(read(client, "/rules?q=json"))
    assert ("kimi-k2", "json-described") in json_rules
    assert ("claude", "json-described") in json_rules
    one = read(client, "/rules?q=json&family=kimi-k2&check=check&section=practice&source=primary")
    assert found_ids(one)
    assert {family for family, _ in found_ids(one)} == {"kimi-k2"}
    assert "Not checked by code" not in one
    assert "<mark>JSON</mark>" in one
    assert '<option value="kimi-k2" selected>' in one
    assert found_ids(read(client, '/rules?q="no such phrase in any rule"')) == []
    assert "No rule matches" in read(client, "/rules?q=zzzz")


def test_all_rules_are_paged(client):
    seen: list[tuple[str, str]] = []
    path = "/rules"
    while path:
        page = read(client, path)
        seen += found_ids(page)
        more = re.search(r'href="(/rules\?[^"]+)">Next', page)
        path = more[1] if more else ""
    assert len(seen) == len(set(seen)) == sum(len(guide.rules) for guide in BOOK.guides)


def test_what_is_searched_for_is_text_on_the_page(client):
    response = client.get("/rules", params={"q": '"><script>alert(1)</script>'}, headers=HTML)
    assert "<script>alert" not in response.text
    assert client.get("/rules", params={"q": "x" * 501}, headers=HTML).status_code == 400


@pytest.mark.parametrize("wish", CheckWish)
def test_the_filter_for_checks_parts_the_rules(wish):
    found = search_rules(BOOK.guides, RuleQuery(check=wish))
    assert found
    for item in found:
        assert (item.rule.check is None) is (wish is CheckWish.NONE)
        assert item.rule.fix is not None or wish is not CheckWish.FIX


def test_two_models_stand_side_by_side(client):
    page = read(client, "/compare?a=kimi-k2-0905&b=kimi-k3")
    assert "262,144 tokens" in page
    assert "1,048,576 tokens" in page
    assert re.search(r"<code>temperature</code> <span class=\"badge warning\">differs", page)
    assert "of the Kimi K2 guide hold for both" in page
    other = read(client, "/compare?a=deepseek-v4-pro&b=command-a-03-2025")
    assert "practice and anti-pattern</span>" in other  # JSON mode: one advises it, one warns of it
    empty = read(client, "/compare?a=kimi-k3")
    assert '<option value="kimi-k3" selected>' in empty
    assert 'id="figures"' not in empty


def test_a_comparison_loses_no_rule_and_tells_what_is_opposed():
    opposed = 0
    for a in BOOK.targets[::7]:
        for b in BOOK.targets[::5]:
            view = compare(a, b)
            mine = [*view.shared, *(pair.a for pair in view.pairs), *(r for group in view.groups for r in group.a)]
            yours = [*view.shared, *(pair.b for pair in view.pairs), *(r for group in view.groups for r in group.b)]
            assert {rule.id for rule in mine} == {rule.id for rule in a.rules}
            assert {rule.id for rule in yours} == {rule.id for rule in b.rules}
            opposed += sum(pair.is_opposed for pair in view.pairs)
            for pair in view.pairs:
                assert pair.is_opposed is (pair.a.kind is not pair.b.kind)
    assert opposed  # JSON mode: one guide warns of it, others advise it


def test_every_page_of_two_families_compared_renders(client):
    firsts = [guide.models[0].id for guide in BOOK.guides]
    for a, b in zip(firsts, [*firsts[1:], firsts[0]], strict=True):
        assert 'id="figures"' in read(client, f"/compare?a={a}&b={b}")


def test_an_example_fills_the_form_without_javascript_and_is_rewritten(client):
    for example in read_examples():
        page = read(client, f"/?target=kimi-k3&example={example.id}")
        assert f"{example.prompt}</textarea>" in page
        assert '<option value="kimi-k3" selected>' in page
        assert f'href="/?target=kimi-k3&example={example.id}"' in read(client, "/models/kimi-k3")
    wrong = client.get("/?example=nothing", headers=HTML)
    assert wrong.status_code == 400
    assert "There are summary, extraction" in wrong.text


def test_the_form_of_a_model_leads_to_a_rewrite_for_it(client):
    page = client.get("/models/kimi-k2-0711", headers=HTML).text
    data = {"_csrf_token": token_of(page), "prompt": "I want you to sort {{list}}.", "engine": "offline"}
    fields = dict(re.findall(r'<input type="hidden" name="(target|engine)" value="([^"]+)"', page))
    assert fields == {"target": "kimi-k2-0711", "engine": "offline"}
    assert "Fixed offline for kimi-k2-0711" in finished_page(
        client, client.post("/rewrites", data=data | fields, headers=HTML)
    )


def test_pages_about_models_ask_no_other_host_and_run_no_script_of_their_own(client):
    for path in ("/guides", "/guides/kimi-k2", "/models/kimi-k2-0905", "/rules", "/compare?a=kimi-k3&b=gpt-5"):
        page = client.get(path, headers=HTML).text
        assert not re.search(r'(?:src|action)="(?:https?:)?//|<link[^>]+href="(?:https?:)?//', page)
        assert not re.search(r"<script(?![^>]*src=)|\son\w+=|\sstyle=", page)
