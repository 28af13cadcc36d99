"""Rules that a comment or the head of a file ignores: not told, not fixed, and told where that ignores nothing."""

import re

import httpx
import pytest

from tests.fakes.upstream import Say, Upstream
from tests.linting import BAD, ROOT, put, report
from tests.shell import PROMPT, Shell, reply

UNUSED = [
    ("{# refrase:ignore request-wrapped #}\nGo.\n", "Nothing here breaks request-wrapped"),
    ("{# refrase:ignore request-wrapped, task-wrapped #}\nI want you to go.\n", "Nothing here breaks task-wrapped,"),
    ("{# refrase:ignore #}\nGo.\n", "This comment ignores nothing."),
    ("Go.\n\n{# refrase:ignore-file #}\nGo.\n", "ignore-file stands below text"),
    ("{# refrase:ignore request-wraped #}\nGo.\n", "No guide has a rule 'request-wraped'. Did you mean request-wr"),
    ("---\nrefrase: {ignore: [task-wrapped]}\n---\nGo.\n", "Nothing here breaks task-wrapped"),
    ("<!-- refrase:ignore-file task-wrapped -->\n---\nname: x\n---\nGo.\n", "Nothing here breaks task-wrapped"),
]


@pytest.mark.parametrize(("text", "message"), UNUSED, ids=[message for _, message in UNUSED])
def test_a_comment_that_ignores_nothing_is_told_unless_that_is_ignored(shell: Shell, text, message):
    put(shell, p_md=text)
    (finding,) = report(shell, "p.md")["findings"]
    assert (finding["rule"], finding["severity"]) == ("unused-ignore", "note")
    assert finding["message"].startswith(message)
    assert "refrase" in text.splitlines()[finding["line"] - 1]
    assert report(shell, "p.md", "--ignore", "unused-ignore")["findings"] == []


def rule_ids(guide: str) -> set[str]:
    return set(re.findall(r"^- `([a-z0-9-]+)`", (ROOT / "guides" / f"{guide}.md").read_text("utf-8"), re.MULTILINE))


def test_a_comment_about_a_rule_of_another_guide_or_one_that_is_not_chosen_is_let_be(shell: Shell):
    other = min(rule_ids("claude") - rule_ids("kimi-k2"))
    put(shell, p_md=f"{{# refrase:ignore {other}, request-wrapped #}}\nI want you to go.\n")
    assert report(shell, "p.md")["findings"] == []
    put(shell, p_md="{# refrase:ignore task-wrapped, request-wrapped #}\nI want you to go.\n")
    assert report(shell, "p.md", "--select", "request-wrapped,unused-ignore")["findings"] == []


HEADERS = [
    "---\nrefrase: {ignore: [request-wrapped]}\n---\n",
    "---\nrefrase:\n  ignore: request-wrapped\n---\n",
    "---\r\nname: x\r\nrefrase:\r\n  ignore:\r\n    - request-wrapped\r\n---\r\n",
    "<!-- refrase:ignore-file request-wrapped -->\n---\nname: x\n---\n",
    "---\nname: x\n---\n<!-- refrase:ignore-file request-wrapped -->\n",
]


@pytest.mark.parametrize("header", HEADERS)
def test_the_head_of_a_file_silences_and_stops_fixes(shell: Shell, header):
    put(shell, p_md=header + BAD)
    assert shell.run("lint", "p.md", "--fix")[:2] == (0, "")
    assert (shell.folder / "p.md").read_bytes() == (header + BAD).encode()


@pytest.mark.parametrize(("comment", "is_told"), [("", True), ("{# refrase:ignore-file request-wrapped #}\n", False)])
def test_what_is_ignored_is_not_told_to_the_engine(client: httpx.Client, upstream: Upstream, comment, is_told):
    upstream.will(Say(reply))
    client.post("/api/v1/rewrites", json={"prompt": f"{comment}{PROMPT}"})
    asked = upstream.requests[0]["messages"][1]["content"]
    assert ("[request-wrapped] line" in asked) is is_told


def test_a_rewrite_without_the_comment_does_not_leave(client: httpx.Client, upstream: Upstream):
    text = f"<!-- refrase:ignore request-wrapped -->\n{PROMPT}"
    upstream.will(*[Say(reply)] * 3)
    rewrite = client.post("/api/v1/rewrites", json={"prompt": text}).json()
    assert rewrite["outcome"] == "returned"
    assert rewrite["after"]["messages"][0]["text"] == text
