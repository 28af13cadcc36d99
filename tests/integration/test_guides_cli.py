"""The commands on guides as a shell meets them."""

import json
from pathlib import Path

import pytest

from refrase.packaged import packaged_path
from tests.shell import Shell

GUIDES = packaged_path("guides")
TEMPLATE = (GUIDES / "_template.md").read_text("utf-8")
HEAD = "---\nextends: '*'\nverified_at: {day}\n---\n\n## Anti-patterns\n\n"
HOUSE = "- `house-emoji` Do not add emoji.\n  - check: {pattern: '😀', message: 'No “{match}” in our prompts.'}\n"
PROMPT = "I want you to sort it 😀.\nReturn JSON."


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    own = tmp_path / "own"
    own.mkdir()
    (own / "team.md").write_text(HEAD.format(day="2100-01-01") + HOUSE, "utf-8")
    return Shell(tmp_path, REFRASE_GUIDES_FOLDER=str(own), PYTHONIOENCODING="utf-8")


def test_a_prompts_rules_are_shown_with_evidence_and_the_others_with_their_reason(shell: Shell):
    code, out, err = shell.run("guides", "for", "kimi-k2", "-", stdin=PROMPT.encode())
    assert code == 0
    applying, _, others = out.partition("Do not apply")
    assert "house-emoji (team.md) Do not add emoji." in applying
    assert "    line 1: No “😀” in our prompts." in applying
    assert "    because the prompt speaks of JSON (“JSON”, line 2)" in applying
    assert "tools-when when: tools; not so: " in others
    assert "effort-k3 it holds for kimi-k3" in others
    assert "kimi-k2-0905, guide kimi-k2 " in err


def test_the_same_as_json(shell: Shell):
    (shell.folder / "p.md").write_text(PROMPT, "utf-8")
    code, out, _ = shell.run("guides", "for", "kimi-k2", "p.md", "--json")
    told = json.loads(out)
    assert (code, told["target"], told["overlays"]) == (0, "kimi-k2-0905", ["team.md"])
    assert next(rule for rule in told["rules"] if rule["rule"] == "house-emoji")["overlay"] == "team.md"
    code, out, _ = shell.run("guides", "for", "nothing", "p.md", "--json")
    assert (code, json.loads(out)["error"]["code"]) == (2, "target_not_found")


def test_what_comes_from_an_overlay_is_marked(shell: Shell):
    assert "changed by team.md" in shell.run("guides", "list")[1]
    code, out, err = shell.run("guides", "show", "claude")
    assert "- `house-emoji` Do not add emoji." in out
    assert "  - overlay: team.md" in out
    assert (code, err) == (0, "team.md changes this guide; its rules: house-emoji.\n")


def test_a_broken_overlay_is_told_with_its_line_by_check_and_by_every_other_command(shell: Shell):
    path = shell.folder / "own" / "team.md"
    path.write_text(HEAD.format(day="2100-01-01") + HOUSE.replace("pattern: '😀'", "pattern: '('"), "utf-8")
    code, out, _ = shell.run("guides", "check")
    assert code == 1
    assert f"{path}:9: the check cannot be used" in out
    code, out, _ = shell.run("guides", "check", "own")
    assert (code, out.count("\n")) == (1, 1)
    code, _, err = shell.run("guides", "list")
    assert code == 1
    assert f"[guide_invalid] {path}:9: " in err


def test_a_warning_is_told_and_fails_only_where_that_is_asked_for(shell: Shell):
    (shell.folder / "own" / "team.md").write_text(HEAD.format(day="2020-01-01") + HOUSE, "utf-8")
    code, out, err = shell.run("guides", "check", "own")
    assert code == 0
    assert out.startswith("own/team.md:1: warning: the overlay was gone through last on 2020-01-01, ")
    assert "no fault, 1 warning." in err
    assert shell.run("guides", "check", "own", "--strict")[0] == 1
    assert shell.run("guides", "check", "own", "--strict", "--max-age-days", "100000")[0] == 0
    told = json.loads(shell.run("guides", "check", "own", "--json")[1])
    assert [warning["line"] for warning in told["warnings"]] == [1]


def test_a_missing_folder_is_told_before_anything_else(shell: Shell):
    (shell.folder / "own" / "team.md").unlink()
    (shell.folder / "own").rmdir()
    code, _, err = shell.run("guides", "list")
    assert code == 4
    assert "is not a folder" in err
    assert "REFRASE_GUIDES_FOLDER" in err


def test_two_files_are_compared_in_the_manner_of_diff(shell: Shell):
    (shell.folder / "old.md").write_text(TEMPLATE, "utf-8")
    (shell.folder / "new.md").write_text(TEMPLATE.replace("Begin with the verb.\n", "Start with it.\n"), "utf-8")
    assert shell.run("guides", "diff", "old.md", "old.md") == (0, "", "")
    code, out, _ = shell.run("guides", "diff", "old.md", "new.md")
    assert code == 1
    assert "~ rule politeness\n      text: Do not open a request with words of politeness. [-Begin" in out
    code, out, _ = shell.run("guides", "diff", "old.md", "new.md", "--json")
    (changed,) = json.loads(out)["changed"]
    assert [change["id"] for change in changed["rules"]["changed"]] == ["politeness"]


def test_folders_and_guides_in_use_are_compared_too(shell: Shell):
    for name in ("a", "b"):
        (shell.folder / name).mkdir()
        (shell.folder / name / "example.md").write_text(TEMPLATE, "utf-8")
    other = TEMPLATE.replace("id: example  ", "id: sample   ").replace("example-1", "sample-1")
    (shell.folder / "b" / "sample.md").write_text(other.replace("aliases: [example,", "aliases: [sample,"), "utf-8")
    assert shell.run("guides", "diff", "a", "b")[:2] == (1, "+ guide sample\n")
    code, out, _ = shell.run("guides", "diff", str(GUIDES / "claude.md"), "claude")
    assert code == 1
    assert '  ~ overlays: [] → ["team.md"]\n  + rule house-emoji Do not add emoji.\n' in out


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("nothing.md", "is no file, no folder and no guide in use"),
        ("own/team.md", "own/team.md is an overlay, not a guide."),
        ("bad.md", "bad.md:1:"),
    ],
)
def test_what_cannot_be_compared_is_told_with_exit_code_2(shell: Shell, name: str, told: str):
    (shell.folder / "bad.md").write_text("No guide.", "utf-8")
    code, out, err = shell.run("guides", "diff", name, "claude")
    assert (code, out) == (2, "")
    assert told in err


def test_stale_pairs_are_listed_and_a_run_makes_only_those_anew(shell: Shell):
    library = shell.folder / "library"
    library.mkdir()
    (library / "old.md").write_text("I want you to sort it.")
    batch = ("batch", "library", "--out", "out", "--engine", "offline", "--for", "kimi-k2")
    assert shell.run(*batch)[0] == 0
    (library / "new.md").write_text("I want you to wait.")
    assert shell.run("history", "stale")[1:] == ("", "No pair is stale.\n")
    team = shell.folder / "own" / "team.md"
    team.write_text(team.read_text("utf-8") + "- `house-two` Do not shout.\n", "utf-8")
    code, out, _ = shell.run("history", "stale")
    assert code == 0
    assert "kimi-k2-0905 (1): guide kimi-k2 is at " in out
    assert "(conservative, offline)  old.md" in out
    (pair,) = json.loads(shell.run("history", "stale", "--json", "--target", "kimi-k2")[1])
    assert pair["guide_version"] != pair["current_version"]
    assert json.loads(shell.run("history", "stale", "--json", "--target", "claude-opus-5-5")[1]) == []
    code, _, err = shell.run(*batch, "--stale")
    assert code == 0
    assert "1 prompt left alone" in err
    assert "old.md" in err
    assert "new.md" not in err
    assert shell.run("history", "stale")[2] == "No pair is stale.\n"
