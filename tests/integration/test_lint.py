"""refrase lint as a shell meets it, and the same by the endpoint."""

import codecs
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.fakes.upstream import Say, Upstream
from tests.shell import PROMPT, Shell, reply

ROOT = Path(__file__).parents[2]
BAD = "You sort lists.\n\nI want you to sort {{list}} by name.\n"
FIXED = "You sort lists.\n\nSort {{list}} by name.\n"
GOOD = "Sort {{list}} by name.\n"
# In a prompt of some length a role that says nothing is found.
ASSISTANT = (
    "\nYou are a helpful assistant.\n"
    "Mind the order of the names, and leave out whoever has left the club since the last list.\n"
)
CHAT = [
    {"role": "system", "content": "Be \\ brief.\n\u00e4 \U0001f600. I want you to be brief."},
    {"role": "assistant", "content": "I want you to wait."},
    {"role": "user", "content": "Hello.\nYour task is to wait."},
]


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def put(shell: Shell, **texts: str | bytes) -> None:
    for name, text in texts.items():
        path = shell.folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())


def places(out: str) -> list[str]:
    """Return path, line, column and rule of every line of text."""
    return [" ".join(line.split()[:2]) for line in out.splitlines()]


def report(shell: Shell, *args: str, stdin: bytes = b"") -> dict[str, Any]:
    _, out, _ = shell.run("lint", *args, "--json", stdin=stdin)
    return json.loads(out)


def rules(told: dict[str, Any]) -> list[str]:
    return [finding["rule"] for finding in told["findings"]]


def test_a_finding_is_told_with_its_place_its_rule_and_a_count_beside(shell: Shell):
    put(shell, p_md=BAD)
    code, out, err = shell.run("lint", "p.md")
    assert code == 1
    assert out.startswith("p.md:3:1: request-wrapped [*] “I want you to” stands in front of the action.")
    assert out.count("\n") == 1
    assert err == "1 finding in 1 prompt for kimi-k2-0905; 1 with a fix [*]: add --fix.\n"


def test_where_nothing_is_found_the_exit_code_is_0(shell: Shell):
    put(shell, p_md=GOOD)
    assert shell.run("lint", "p.md") == (0, "", "0 findings in 1 prompt for kimi-k2-0905.\n")


def test_exit_zero_is_for_findings_and_not_for_bad_input(shell: Shell):
    put(shell, p_md=BAD)
    assert shell.run("lint", "p.md", "--exit-zero")[0] == 0
    assert shell.run("lint", "p.md", "none.md", "--exit-zero")[0] == 2


def test_a_folder_is_linted_file_by_file_each_once(shell: Shell):
    put(shell, lib__a_md=BAD, lib__b_txt=BAD, lib__c_png=b"\x89PNG\0", lib__d_jsonl=json.dumps(BAD) + "\n")
    code, out, err = shell.run("lint", "lib", "lib/a.md", str(shell.folder / "lib" / "b.txt"))
    assert code == 1
    assert places(out) == [
        "lib/a.md:3:1: request-wrapped",
        "lib/b.txt:3:1: request-wrapped",
        "lib/d.jsonl:1:21: request-wrapped",
    ]
    assert "3 findings in 3 prompts" in err


def test_lines_are_those_of_the_file_behind_its_front_matter(shell: Shell):
    put(shell, p_md="---\nname: x\n---\n\nYou sort. I want you to sort {{list}}.\n")
    assert places(shell.run("lint", "p.md")[1]) == ["p.md:5:11: request-wrapped"]


@pytest.mark.parametrize("is_ascii", [True, False])
def test_of_records_line_and_column_are_where_the_text_stands_in_the_file(shell: Shell, is_ascii):
    lines = [json.dumps({"id": 1, "messages": CHAT}, ensure_ascii=is_ascii) for _ in range(2)]
    put(shell, p_jsonl="\n".join(lines))
    told = report(shell, "p.jsonl")["findings"]
    assert [(each["line"], each["rule"], each["message_number"]) for each in told] == [
        (1, "request-wrapped", 1),
        (1, "task-wrapped", 3),
        (2, "request-wrapped", 1),
        (2, "task-wrapped", 3),
    ]
    for each in told:
        stands = lines[each["line"] - 1][each["column"] - 1 : each["end_column"] - 1]
        assert stands.strip() in {"I want you to", "Your task is to"}


def test_the_message_of_a_record_is_told_in_text(shell: Shell):
    put(shell, p_jsonl=json.dumps(CHAT))
    assert ": (message 3) task-wrapped [*]" in shell.run("lint", "p.jsonl")[1]


def test_another_field_of_records_is_named(shell: Shell):
    put(shell, p_jsonl=json.dumps({"ask": BAD}))
    assert rules(report(shell, "p.jsonl", "--field", "ask")) == ["request-wrapped"]
    code, _, err = shell.run("lint", "p.jsonl")
    assert code == 2
    assert "error [record_invalid] p.jsonl:1: The record has none of the fields" in err


def test_standard_input_is_linted_and_goes_by_the_name_it_is_given(shell: Shell):
    assert places(shell.run("lint", "-", stdin=BAD.encode())[1]) == ["<stdin>:3:1: request-wrapped"]
    record = json.dumps(BAD).encode()
    code, out, _ = shell.run("lint", "-", "--stdin-filename", "sub/x.jsonl", stdin=record)
    assert (code, places(out)) == (1, ["sub/x.jsonl:1:21: request-wrapped"])


BAD_INPUTS = [
    (("none.md",), "error [file_unreadable] none.md does not exist."),
    (("empty",), "error [option_invalid] There is no prompt file under empty."),
    (("binary.md",), "error [not_text] binary.md is not text"),
    (("blank.md",), "error [prompt_empty] blank.md: The file holds no prompt."),
    (("big.md",), "error [prompt_too_large] big.md: The prompt has 5,000,000 bytes"),
    (("x.json",), "error [option_invalid] x.json is a .json file"),
    (("good.md", "--for", "kimi-k9"), "error [target_not_found] No guide knows the target 'kimi-k9'. Did you mean"),
    (("good.md", "--select", "request-wraped"), "No rule with a check is called 'request-wraped'"),
    (("good.md", "--ignore", "x-*"), "No rule with a check is called 'x-*'"),
]


@pytest.mark.parametrize(("args", "told"), BAD_INPUTS, ids=[told for _, told in BAD_INPUTS])
def test_bad_input_is_told_with_exit_code_2(shell: Shell, args, told):
    (shell.folder / "empty").mkdir()
    put(shell, binary_md=b"\x89PNG\xff\xfe\0", blank_md=" \n", big_md=b"x " * 2_500_000, x_json="{}", good_md=GOOD)
    code, out, err = shell.run("lint", *args)
    assert (code, out) == (2, "")
    assert told in err


def test_an_unknown_rule_is_answered_with_the_nearest_ones(shell: Shell):
    put(shell, p_md=BAD)
    _, out, err = shell.run("lint", "p.md", "--select", "request-wraped", "--json")
    assert "Did you mean request-wrapped, task-wrapped?" in err
    assert json.loads(out)["error"]["code"] == "option_invalid"


def test_a_rule_without_a_check_cannot_be_chosen(shell: Shell):
    put(shell, p_md=BAD)
    code, _, err = shell.run("lint", "p.md", "--select", "context-first")
    assert code == 2
    assert "has no check" in err


def test_what_can_be_read_is_linted_beside_what_cannot(shell: Shell):
    put(shell, a_md=BAD, b_md=b"\xff", c_md=BAD)
    told = report(shell, "a.md", "b.md", "c.md", "none.md")
    assert [finding["path"] for finding in told["findings"]] == ["a.md", "c.md"]
    assert {(fault["path"], fault["code"]) for fault in told["faults"]} == {
        ("b.md", "not_text"),
        ("none.md", "file_unreadable"),
    }


TWO = "I want you to sort {{list}}.\n\nYour task is to wait.\n"
CHOICES = [
    ((), {"request-wrapped", "task-wrapped"}),
    (("--select", "request-wrapped"), {"request-wrapped"}),
    (("--select", "request-wrapped,task-wrapped"), {"request-wrapped", "task-wrapped"}),
    (("--select", "request-wrapped", "--select", "task-wrapped"), {"request-wrapped", "task-wrapped"}),
    (("--select", "*-wrapped"), {"request-wrapped", "task-wrapped"}),
    (("--select", "request"), {"request-wrapped"}),
    (("--ignore", "request-wrapped"), {"task-wrapped"}),
    (("--select", "*-wrapped", "--ignore", "task*"), {"request-wrapped"}),
]


@pytest.mark.parametrize(("args", "left"), CHOICES, ids=[" ".join(args) for args, _ in CHOICES])
def test_rules_are_chosen_by_id_beginning_or_pattern(shell: Shell, args, left):
    put(shell, p_md=TWO)
    assert set(rules(report(shell, "p.md", *args))) == left


def test_for_several_targets_a_finding_of_one_guide_is_told_once(shell: Shell):
    put(shell, p_md=BAD)
    told = report(shell, "p.md", "--for", "kimi-k2-0905", "--for", "moonshotai/kimi-k3", "--for", "gpt-5.5")
    assert told["targets"] == ["kimi-k2-0905", "kimi-k3", "gpt-5.5"]
    by_rule = {(finding["guide"], finding["rule"]): finding["targets"] for finding in told["findings"]}
    assert by_rule["kimi-k2", "request-wrapped"] == ["kimi-k2-0905", "kimi-k3"]


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


FILES = {
    "plain.md": (BAD.encode(), FIXED.encode()),
    "crlf.md": (
        b"---\nname: x\n---\r\nI want you to sort {{list}}.\r\n  \r\n",
        b"---\nname: x\n---\r\nSort {{list}}.\r\n  \r\n",
    ),
    "bom.txt": (codecs.BOM_UTF8 + BAD.encode(), codecs.BOM_UTF8 + FIXED.encode()),
    "wide.txt": (
        codecs.BOM_UTF16_LE + BAD.encode("utf-16-le"),
        codecs.BOM_UTF16_LE + FIXED.encode("utf-16-le"),
    ),
    "no_end.md": (b"I want you to sort {{list}}.", b"Sort {{list}}."),
    "many.jsonl": (
        b'{ "id":1 , "prompt" : "I want you to sort \\u00e4 \\/ {{list}}." }\r\n\n{"other": 2}\n["x"]',
        b'{ "id":1 , "prompt" : "Sort \\u00e4 \\/ {{list}}." }\r\n\n{"other": 2}\n["x"]',
    ),
    "chinese.md": ("用三句话概括 {{text}}。\n".encode(), "用三句话概括 {{text}}。\n".encode()),
}


@pytest.mark.parametrize("name", FILES)
def test_a_fix_changes_no_other_byte_and_is_done_once(shell: Shell, name):
    before, after = FILES[name]
    path = shell.folder / name
    path.write_bytes(before)
    path.chmod(0o640)
    shell.run("lint", name, "--fix")
    assert path.read_bytes() == after
    assert path.stat().st_mode & 0o777 == 0o640
    stamp = path.stat().st_mtime_ns
    _, _, err = shell.run("lint", name, "--fix")
    assert path.read_bytes() == after
    assert path.stat().st_mtime_ns == stamp
    assert "fixed" not in err


def test_how_many_were_fixed_and_remain_is_told(shell: Shell):
    put(shell, p_md=f"{BAD}{ASSISTANT}")
    code, out, err = shell.run("lint", "p.md", "--fix")
    assert (code, places(out)) == (1, ["p.md:5:1: role-empty"])
    assert err == "1 finding in 1 prompt for kimi-k2-0905; 1 fixed, 1 remain.\n"


def test_only_chosen_rules_are_fixed(shell: Shell):
    put(shell, p_md=TWO)
    shell.run("lint", "p.md", "--fix", "--select", "task-wrapped")
    assert (shell.folder / "p.md").read_text() == "I want you to sort {{list}}.\n\nWait.\n"


def test_a_difference_is_shown_and_nothing_written(shell: Shell):
    put(shell, p_md=BAD, q_md=GOOD)
    code, out, err = shell.run("lint", ".", "--diff")
    assert code == 1
    assert "--- p.md\n+++ p.md\n" in out
    assert "-I want you to sort {{list}} by name.\n+Sort {{list}} by name.\n" in out
    assert "q.md" not in out
    assert "1 would be fixed, 0 would remain" in err
    assert (shell.folder / "p.md").read_text() == BAD


def test_fixed_standard_input_goes_to_standard_output_and_the_rest_beside_it(shell: Shell):
    code, out, err = shell.run("lint", "-", "--fix", stdin=f"{BAD}{ASSISTANT}".encode())
    assert (code, out) == (1, f"{FIXED}{ASSISTANT}")
    assert "<stdin>:5:1: role-empty" in err
    assert shell.run("lint", "-", "--fix", stdin=GOOD.encode())[:2] == (0, GOOD)


def test_nothing_is_fixed_in_what_is_locked(shell: Shell):
    text = "<!-- refrase:lock -->\nI want you to sort {{list}}.\n<!-- /refrase:lock -->\n"
    put(shell, p_md=text)
    shell.run("lint", "p.md", "--fix")
    assert (shell.folder / "p.md").read_text() == text


def test_a_link_stays_a_link(shell: Shell):
    put(shell, real_md=BAD)
    (shell.folder / "link.md").symlink_to("real.md")
    shell.run("lint", "link.md", "--fix")
    assert (shell.folder / "link.md").is_symlink()
    assert (shell.folder / "real.md").read_text() == FIXED


def test_a_read_only_file_is_left_alone_and_told(shell: Shell):
    put(shell, p_md=BAD)
    (shell.folder / "p.md").chmod(0o444)
    code, _, err = shell.run("lint", "p.md", "--fix")
    assert code == 2
    assert "error [output_refused]" in err
    assert (shell.folder / "p.md").read_text() == BAD


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


def post(client: httpx.Client, **body: Any) -> httpx.Response:
    return client.post("/api/v1/lint", json=body)


def test_the_endpoint_tells_the_same(client: httpx.Client, shell: Shell):
    put(shell, p_md=BAD)
    (told,) = report(shell, "p.md")["findings"]
    answer = post(client, prompt=BAD)
    assert answer.status_code == 200
    body = answer.json()
    assert (body["target"], body["guide"]) == ("kimi-k2-0905", "kimi-k2")
    assert body["guide_version"] == client.get("/api/v1/guides/kimi-k2").json()["version"]
    assert body["findings"] == [{name: value for name, value in told.items() if name != "path"}]


def test_the_endpoint_takes_messages_a_target_and_a_choice(client: httpx.Client):
    body = post(client, messages=CHAT, target="kimi-k3", select=["*-wrapped"], ignore=["task-wrapped"]).json()
    assert body["target"] == "kimi-k3"
    (finding,) = body["findings"]
    assert (finding["message_number"], finding["line"], finding["column"]) == (1, 2, 6)


REFUSED = [
    ({}, 400, "option_invalid"),
    ({"prompt": "x", "messages": []}, 400, "option_invalid"),
    ({"prompt": " "}, 400, "prompt_empty"),
    ({"prompt": "x", "target": "kimi-k9"}, 422, "target_not_found"),
    ({"prompt": "x", "select": ["nothing-like-it"]}, 400, "option_invalid"),
    ({"prompt": "x", "chosen": []}, 400, "request_invalid"),
    ({"prompt": "x" * 1_000_001}, 413, "prompt_too_large"),
]


@pytest.mark.parametrize(("body", "status", "code"), REFUSED, ids=[f"{code} {status}" for _, status, code in REFUSED])
def test_the_endpoint_refuses_with_a_problem(client: httpx.Client, body, status, code):
    answer = post(client, **body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_the_endpoint_is_documented(client: httpx.Client):
    paths = client.get("/api/docs/openapi.json").json()["paths"]
    told = paths["/api/v1/lint"]["post"]
    assert told["operationId"] == "CreateLint"
    assert {"200", "400", "413", "415", "422"} <= set(told["responses"])


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


def test_findings_that_cannot_be_written_are_told(shell: Shell):
    put(shell, p_md=BAD, file=b"")
    code, _, err = shell.run("lint", "p.md", "--output-file", "file/out.txt")
    assert code == 2
    assert "error [output_refused]" in err


def test_files_of_other_kinds_are_counted_and_faults_alike_told_once(shell: Shell):
    put(shell, lib__a_png=b"\x89PNG", lib__b_py="x", lib__c_jsonl='{"x": 1}\n{"x": 2}\n', lib__d_md=GOOD)
    code, _, err = shell.run("lint", "lib")
    assert code == 2
    assert err.count("[record_invalid]") == 1
    assert "(2 records of this file)" in err
    assert "2 other files passed over" in err


def test_what_is_left_unfixed_is_said(shell: Shell):
    put(shell, p_md="<!-- refrase:lock -->\nI want you to sort {{list}}.\n<!-- /refrase:lock -->\n")
    assert "1 with a fix [*] left alone" in shell.run("lint", "p.md", "--diff")[2]
