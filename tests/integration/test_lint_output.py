"""The forms that findings come in: text, JSON, GitHub, SARIF, and the hook of pre-commit."""

import json
import re
import subprocess
import sys
from pathlib import Path

import yaml

from tests.linting import BAD, GOOD, ROOT, places, put, report
from tests.shell import Shell


def test_findings_go_to_a_file_without_colours(shell: Shell):
    put(shell, p_md=BAD)
    code, out, _ = shell.run("lint", "p.md", "--output-file", "out/found.txt")
    assert (code, out) == (1, "")
    assert (shell.folder / "out" / "found.txt").read_text().startswith("p.md:3:1: request-wrapped [*] ")


def test_json_holds_each_finding_with_its_source(shell: Shell):
    put(shell, p_md=BAD)
    told = report(shell, "p.md")
    assert {name: told[name] for name in ("targets", "files", "prompts", "faults", "fixed", "refused")} == {
        "targets": ["kimi-k2-0905"],
        "files": 1,
        "prompts": 1,
        "faults": [],
        "fixed": 0,
        "refused": [],
    }
    (finding,) = told["findings"]
    assert finding["source"]["url"].startswith("https://")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", finding["source"]["verified_at"])
    assert (finding["line"], finding["column"], finding["end_line"], finding["end_column"]) == (3, 1, 3, 15)
    assert finding["span"] == {"start": 17, "end": 31, "message": 0}
    assert finding["is_fixable"] is True
    assert json.loads(shell.run("lint", "p.md", "--format", "json")[1]) == told


def test_github_gets_its_annotations_with_what_it_needs_escaped(shell: Shell):
    put(shell, **{"a, b: 100%_md": BAD})
    code, out, _ = shell.run("lint", ".", "--format", "github")
    assert code == 1
    assert out.startswith(
        "::warning file=a%2C b%3A 100%25.md,line=3,endLine=3,col=1,endColumn=15,title=refrase (request-wrapped)::"
    )
    assert " Source: https://" in out
    assert out.count("\n") == 1
    assert (
        "::error file=none.md,title=refrase (file_unreadable)::"
        in shell.run("lint", "none.md", "--format", "github")[1]
    )


def test_sarif_has_rules_with_their_pages_and_results_with_their_regions(shell: Shell):
    put(shell, **{"sub__ä b_md": f"\U0001f600 I go. {BAD}{{# refrase:ignore #}}\n"})
    _, out, _ = shell.run("lint", "sub", "none", "--format", "sarif")
    log = json.loads(out)
    (run,) = log["runs"]
    assert (log["version"], run["columnKind"]) == ("2.1.0", "unicodeCodePoints")
    known = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in known}) == len(known)
    assert all(rule["helpUri"].startswith("https://") for rule in known if "/" in rule["id"])
    for result in run["results"]:
        assert known[result["ruleIndex"]]["id"] == result["ruleId"]
        region = result["locations"][0]["physicalLocation"]["region"]
        assert 1 <= region["startLine"] <= region["endLine"]
        assert region["startColumn"] >= 1
    assert {result["ruleId"]: result["level"] for result in run["results"]} == {
        "kimi-k2/request-wrapped": "warning",
        "unused-ignore": "note",
    }
    uris = {result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in run["results"]}
    assert uris == {"sub/%C3%A4%20b.md"}
    (told,) = run["invocations"][0]["toolExecutionNotifications"]
    assert (told["descriptor"]["id"], told["level"]) == ("file_unreadable", "error")
    assert run["invocations"][0]["executionSuccessful"] is False


def test_the_pre_commit_hook_lints_the_files_it_is_given(shell: Shell):
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    assert hook["id"] == "refrase-lint"
    put(shell, a_md=BAD, b_jsonl=json.dumps(GOOD))
    assert all(re.search(hook["files"], name) for name in ("a.md", "b.jsonl", "c.txt"))
    program, *args = hook["entry"].split()
    command = [str(Path(sys.executable).with_name(program)), *args, *hook.get("args", []), "a.md", "b.jsonl"]
    done = subprocess.run(command, cwd=shell.folder, env=shell.environ, capture_output=True, text=True, check=False)
    assert (done.returncode, places(done.stdout)) == (1, ["a.md:3:1: request-wrapped"])


def test_findings_that_cannot_be_written_are_told(shell: Shell):
    put(shell, p_md=BAD, file=b"")
    code, _, err = shell.run("lint", "p.md", "--output-file", "file/out.txt")
    assert code == 2
    assert "error [output_refused]" in err
