"""refrase lint as a shell meets it: what is found, where, in which files, by which rules."""

import json
from pathlib import Path

import pytest

from tests.linting import BAD, CHAT, GOOD, TWO, places, put, report, rules
from tests.shell import Shell


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


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
    assert "Did you mean request-wrapped, " in err
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


def test_files_of_other_kinds_are_counted_and_faults_alike_told_once(shell: Shell):
    put(shell, lib__a_png=b"\x89PNG", lib__b_py="x", lib__c_jsonl='{"x": 1}\n{"x": 2}\n', lib__d_md=GOOD)
    code, _, err = shell.run("lint", "lib")
    assert code == 2
    assert err.count("[record_invalid]") == 1
    assert "(2 records of this file)" in err
    assert "2 other files passed over" in err


def test_what_the_target_cannot_take_is_told_where_it_is_spoken_of_and_can_be_ignored(shell: Shell):
    put(shell, p_md="Sort the names.\n\nSay what the attached image shows.\n")
    (finding,) = report(shell, "p.md", "--for", "kimi-k2-0905")["findings"]
    assert (finding["rule"], finding["line"], finding["column"]) == ("media-unsupported", 3, 14)
    assert report(shell, "p.md", "--for", "kimi-k2.5")["findings"] == []
    assert report(shell, "p.md", "--for", "kimi-k2-0905", "--ignore", "media-unsupported")["findings"] == []
    put(shell, p_md="Sort the names.\n\n{# refrase:ignore media-unsupported #}\nSay what the attached image shows.\n")
    assert report(shell, "p.md", "--for", "kimi-k2-0905")["findings"] == []


def test_a_prompt_that_is_longer_than_the_window_is_told_by_every_format(shell: Shell):
    put(shell, p_md="Sort the names: " + "a b c d e f. " * 68_000)
    status, out, _ = shell.run("lint", "p.md", "--for", "command-r-08-2024", "--select", "context-overflow")
    assert status == 1
    assert "p.md:1:1: context-overflow The prompt has" in out
    _, sarif, _ = shell.run(
        "lint", "p.md", "--for", "command-r-08-2024", "--select", "context-overflow", "--format", "sarif"
    )
    (rule,) = [
        rule for rule in json.loads(sarif)["runs"][0]["tool"]["driver"]["rules"] if rule["id"] == "context-overflow"
    ]
    assert rule["shortDescription"]["text"] == "A prompt that is longer than the target's window."
