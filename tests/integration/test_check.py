"""Two prompts held against each other by the command line, and that the endpoint says the same."""

import json
from pathlib import Path

import pytest

from tests.checking import BAD, BEFORE, CALL, GOOD, LONG, LONGER, OTHER_CALL, TOOLS, kinds, post
from tests.shell import Shell

BAD_KINDS = ["variable_lost", "number_lost", "number_invented", "instruction_lost", "template_value_lost"]
WHOLE_LEDGER = {"kept": 2, "entries": []}


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    for name, text in {"before": BEFORE, "good": GOOD, "bad": BAD, "call": CALL, "other": OTHER_CALL}.items():
        (tmp_path / f"{name}.md").write_text(text, "utf-8")
    return Shell(tmp_path)


def test_what_blocks_nothing_ends_with_exit_code_0_and_the_ledger(shell: Shell):
    code, out, err = shell.run("check", "before.md", "good.md")
    assert (code, out) == (0, "")
    assert "everything survived" in err
    assert "Instructions: 1 kept word for word, 1 other\n" in err
    assert "reworded: “Greet {{name}} in 3 lines.” → “Please greet {{name}} in 3 lines.”" in err
    assert err.endswith("before.md → good.md: nothing blocks.\n")


def test_what_blocks_ends_with_exit_code_1_and_every_finding_by_its_kind(shell: Shell):
    code, out, err = shell.run("check", "before.md", "bad.md")
    assert (code, out) == (1, "")
    for kind in BAD_KINDS:
        assert f"blocking [{kind}]" in err
    assert "blocking [variable_lost] The variable {{name}} is lost." in err
    assert "dropped (not verified): “Never use the word hello.”" in err
    assert err.endswith("before.md → bad.md: 5 blocking.\n")


def test_a_warning_is_told_and_blocks_nothing(shell: Shell):
    (shell.folder / "warned.md").write_text(GOOD.replace("greet {{name}}", "greet {{name}}, yes, {{name}},"))
    code, _, err = shell.run("check", "before.md", "warned.md")
    assert code == 0
    assert "warning [variable_repeated]" in err
    assert err.endswith("nothing blocks.\n")


def test_a_prompt_against_itself_is_kept_word_for_word(shell: Shell):
    code, _, err = shell.run("check", "before.md", "before.md")
    assert code == 0
    assert "Instructions: 2 kept word for word, 0 others\n  none\n" in err


def test_json_holds_findings_with_their_places_and_the_ledger(shell: Shell):
    code, out, err = shell.run("check", "before.md", "bad.md", "--json")
    seen = json.loads(out)
    assert code == 1
    assert set(seen) == {"findings", "ledger"}
    assert kinds(seen) == BAD_KINDS
    assert seen["findings"][0] == {
        "kind": "variable_lost",
        "severity": "blocking",
        "message": "The variable {{name}} is lost.",
        "before": {"start": 6, "end": 14, "message": 0},
        "value": "{{name}}",
    }
    assert seen["ledger"]["kept"] == 0
    assert [entry["fate"] for entry in seen["ledger"]["entries"]] == ["reworded", "dropped"]
    assert err == "before.md → bad.md: 5 blocking.\n"


def test_json_of_what_blocks_nothing(shell: Shell):
    code, out, _ = shell.run("check", "before.md", "before.md", "--json")
    assert (code, json.loads(out)) == (0, {"findings": [], "ledger": WHOLE_LEDGER})


@pytest.mark.parametrize(
    ("args", "stdin", "code"),
    [
        (("before.md", "-"), BAD, 1),
        (("before.md", "-"), GOOD, 0),
        (("-", "good.md"), BEFORE, 0),
        (("-", "bad.md"), BEFORE, 1),
    ],
    ids=["broken after", "good after", "before of a good one", "before of a broken one"],
)
def test_either_prompt_comes_from_standard_input(shell: Shell, args, stdin, code):
    got, out, err = shell.run("check", *args, stdin=stdin.encode())
    assert (got, out) == (code, "")
    assert f"{args[0]} → {args[1]}: " in err


def test_a_front_matter_is_no_part_of_the_prompt(shell: Shell):
    (shell.folder / "with.md").write_text(f"---\nname: greeter\nversion: 7\n---\n{BEFORE}")
    assert shell.run("check", "with.md", "before.md")[0] == 0
    assert shell.run("check", "before.md", "with.md")[0] == 0


@pytest.mark.parametrize(
    ("syntaxes", "found"),
    [
        ((), ["variable_renamed", "template_value_lost", "template_value_invented"]),
        (("format",), ["variable_renamed", "template_value_lost", "template_value_invented"]),
        (("jinja", "format"), ["variable_renamed", "template_value_lost", "template_value_invented"]),
        (("jinja",), ["braces_changed"]),
        (("none",), ["braces_changed"]),
    ],
    ids=["by evidence", "stated", "one of two stated", "another one stated", "none stated"],
)
def test_the_stated_syntax_says_what_is_a_variable(shell: Shell, client, syntaxes, found):
    (shell.folder / "x.md").write_text("Write {x} here.")
    (shell.folder / "y.md").write_text("Write {y} here.")
    stated = [word for syntax in syntaxes for word in ("--syntax", syntax)]
    assert kinds(json.loads(shell.run("check", "x.md", "y.md", "--json", *stated)[1])) == found
    more = {"syntaxes": list(syntaxes)} if syntaxes else {}
    assert kinds(post(client, "Write {x} here.", "Write {y} here.", **more)) == found


def test_the_stated_tools_say_what_is_the_name_of_one(shell: Shell, client):
    (shell.folder / "tools.json").write_text(json.dumps(TOOLS))
    plain = json.loads(shell.run("check", "call.md", "other.md", "--json")[1])
    stated = json.loads(shell.run("check", "call.md", "other.md", "--json", "--tools", "tools.json")[1])
    assert kinds(plain) == kinds(post(client, CALL, OTHER_CALL)) == ["identifier_changed"]
    assert kinds(stated) == kinds(post(client, CALL, OTHER_CALL, tools=TOOLS)) == ["tool_lost", "tool_unknown"]


def test_the_mode_says_how_much_longer_a_prompt_may_become(shell: Shell, client):
    (shell.folder / "long.md").write_text(LONG)
    (shell.folder / "longer.md").write_text(LONGER)
    for mode, is_too_long in (("conservative", True), ("bold", False)):
        _, out, _ = shell.run("check", "long.md", "longer.md", "--json", "--mode", mode)
        assert ("prompt_inflated" in kinds(json.loads(out))) == is_too_long
        assert ("prompt_inflated" in kinds(post(client, LONG, LONGER, mode=mode))) == is_too_long


FILES = {
    "binary.md": b"\x7fELF\x00\xff",
    "blank.md": b" \n\t\n",
    "header.md": b"---\nname: x\n---\n",
    "chat.json": b'[{"role": "user", "content": "x"}]',
    "many.jsonl": b'{"prompt": "x"}\n{"prompt": "y"}\n',
    "broken.json": b"no json",
}
REFUSED = [
    (("none.md", "good.md"), "file_unreadable", "none.md cannot be read"),
    (("before.md", "none.md"), "file_unreadable", "none.md cannot be read"),
    (("before.md", "."), "file_unreadable", ". cannot be read"),
    (("before.md", "binary.md"), "not_text", "binary.md is not text"),
    (("binary.md", "before.md"), "not_text", "binary.md is not text"),
    (("before.md", "blank.md"), "prompt_empty", "The prompt is empty."),
    (("blank.md", "before.md"), "prompt_empty", "The prompt is empty."),
    (("before.md", "header.md"), "prompt_empty", "The prompt is empty."),
    (("before.md", "chat.json"), "option_invalid", "chat.json is a .json file, not the text of one prompt."),
    (("many.jsonl", "before.md"), "option_invalid", "many.jsonl holds many prompts."),
    (("before.md", "good.md", "--tools", "none.json"), "file_unreadable", "none.json cannot be read"),
    (("before.md", "good.md", "--tools", "broken.json"), "option_invalid", "broken.json is not JSON"),
]


@pytest.mark.parametrize(("args", "error", "detail"), REFUSED, ids=[" ".join(args) for args, _, _ in REFUSED])
def test_what_cannot_be_compared_is_told_in_a_line_with_exit_code_2(shell: Shell, args, error, detail):
    for name, data in FILES.items():
        (shell.folder / name).write_bytes(data)
    code, out, err = shell.run("check", *args)
    assert (code, out) == (2, "")
    assert f"[{error}] {detail}" in err
    code, out, _ = shell.run("check", *args, "--json")
    assert (code, json.loads(out)["error"]["code"]) == (2, error)


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("before.md",), "Missing argument 'AFTER'"),
        (("before.md", "good.md", "bad.md"), "unexpected extra argument"),
        (("before.md", "good.md", "--mode", "wild"), "conservative"),
        (("before.md", "good.md", "--syntax", "nope"), "mustache"),
    ],
    ids=["one prompt", "three prompts", "mode", "syntax"],
)
def test_a_mistyped_call_is_told_with_exit_code_2(shell: Shell, args, told):
    code, out, err = shell.run("check", *args)
    assert (code, out) == (2, "")
    assert told in err


def test_a_prompt_that_is_too_large_is_refused(shell: Shell):
    shell.environ["REFRASE_MAX_PROMPT_BYTES"] = "1000"
    code, _, err = shell.run("check", "before.md", "-", stdin=b"x" * 1001)
    assert code == 2
    assert "[prompt_too_large]" in err


def test_the_command_line_makes_no_database(shell: Shell):
    shell.run("check", "before.md", "bad.md")
    assert not (shell.folder / "data").exists()


@pytest.mark.parametrize("after", [BEFORE, GOOD, BAD], ids=["the same", "reworded", "broken"])
def test_the_endpoint_says_what_the_command_line_says(shell: Shell, client, after):
    _, out, _ = shell.run("check", "before.md", "-", "--json", stdin=after.encode())
    seen = post(client, BEFORE, after)
    assert seen == {"is_blocked": after == BAD, **json.loads(out)}
