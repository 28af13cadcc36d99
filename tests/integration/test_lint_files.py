"""refrase lint --fix and --diff: what is changed in a file, and that nothing else is."""

import codecs

import pytest

from tests.linting import ASSISTANT, BAD, FIXED, GOOD, TWO, places, put
from tests.shell import Shell

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


def test_what_is_left_unfixed_is_said(shell: Shell):
    put(shell, p_md="<!-- refrase:lock -->\nI want you to sort {{list}}.\n<!-- /refrase:lock -->\n")
    assert "1 with a fix [*] left alone" in shell.run("lint", "p.md", "--diff")[2]
