"""Libraries are read and written back with nothing touched but the prompts."""

import codecs
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refrase.core.prompt import prompt_from_text
from refrase.errors import FileUnreadable, NotText, OptionInvalid, OutputRefused
from refrase.library.files import find_files, read_document, read_single, write_atomically
from refrase.library.jsonl import read_jsonl
from refrase.library.plaintext import read_plaintext


def prompts_of(document) -> list[str]:
    return [slot.prompt.texts[0] for slot in document.slots if not slot.fault]


def rewritten(document, new: str) -> bytes:
    return document.with_prompts(
        {slot.name: slot.prompt.with_texts((new,) * len(slot.pieces)) for slot in document.slots if not slot.fault}
    )


FRONT = [
    ("---\nname: x\n---\nBody\n", "Body\n"),
    ("<!-- licence -->\n\n---\nname: x\n---\n\nBody\n---\nmore\n", "\nBody\n---\nmore\n"),
    ("---\r\nname: x\r\n---\r\nBody\r\n", "Body\r\n"),
    ("---\n---\nBody", "Body"),
    ("Body\n---\nmore\n", "Body\n---\nmore\n"),
    ("No front --- here", "No front --- here"),
]


@pytest.mark.parametrize(("text", "body"), FRONT, ids=[text for text, _ in FRONT])
def test_a_front_matter_is_not_the_prompt(text, body):
    document = read_plaintext(text.encode(), "x.md")
    assert prompts_of(document) == [body]
    assert rewritten(document, "New").decode() == text.removesuffix(body) + "New"


@pytest.mark.parametrize(
    "data",
    [
        codecs.BOM_UTF8 + "Füll\r\n".encode(),
        codecs.BOM_UTF16_LE + "Füll 猫".encode("utf-16-le"),
        codecs.BOM_UTF16_BE + "Füll 猫".encode("utf-16-be"),
        "\u200bzero ‌width\x1f\x1e\u2028".encode(),
    ],
)
def test_a_file_nothing_was_changed_in_is_the_same_to_the_byte(data):
    assert read_plaintext(data, "x").with_prompts({}) == data


def test_a_byte_order_mark_and_its_encoding_stay():
    data = codecs.BOM_UTF16_LE + "Hi".encode("utf-16-le")
    document = read_plaintext(data, "x")
    assert rewritten(document, "猫") == codecs.BOM_UTF16_LE + "猫".encode("utf-16-le")


@pytest.mark.parametrize("data", [b"\xff\xfeA", b"\x7fELF\x02\x01\x01\x00\x00", b"caf\xe9"])
def test_binary_data_is_refused_with_the_place(data):
    with pytest.raises(NotText, match="x"):
        read_plaintext(data, "x")


RECORDS = [
    ('{"prompt": "Hi"}', ["Hi"]),
    ('{"text": "Hi", "id": 1}', ["Hi"]),
    ('"Hi"', ["Hi"]),
    ('{"messages": [{"role": "system", "content": "A"}, {"role": "user", "content": "B"}]}', ["A", "B"]),
    ('[{"role": "user", "content": "B"}]', ["B"]),
    ('{"messages": [{"role": "user", "content": [{"type": "text", "text": "B"}, {"image": 1}]}]}', ["B"]),
    ('{"messages": [{"role": "assistant", "tool_calls": []}, {"role": "user", "content": "B"}]}', ["B"]),
    ('{"prompt": "", "text": "Hi"}', ["Hi"]),
    ('{"prompt": "a", "prompt": "b"}', ["b"]),
]


@pytest.mark.parametrize(("line", "texts"), RECORDS, ids=[line for line, _ in RECORDS])
def test_the_prompt_of_a_record_is_found(line, texts):
    (slot,) = read_jsonl(line.encode(), "x").slots
    assert list(slot.prompt.texts) == texts


FAULTY = [
    ('{"prompt": 1}', "none of the fields messages, prompt, text"),
    ('{"prompt": "Hi"', "not JSON"),
    ("[1, 2]", "none of the fields"),
    ("nonsense", "not JSON"),
    ('{"messages": [{"content": "no role"}]}', "none of the fields"),
]


@pytest.mark.parametrize(("line", "fault"), FAULTY, ids=[line for line, _ in FAULTY])
def test_a_record_of_another_form_passes_through_untouched(line, fault):
    data = f'{line}\n{{"prompt": "Hi"}}\n'.encode()
    document = read_jsonl(data, "x")
    assert fault in document.slots[0].fault
    assert rewritten(document, "New") == f'{line}\n{{"prompt": "New"}}\n'.encode()


def test_the_caller_may_name_the_field():
    document = read_jsonl(b'{"prompt": "no", "system": "yes"}', "x", "system")
    assert prompts_of(document) == ["yes"]
    assert rewritten(document, "New") == b'{"prompt": "no", "system": "New"}'


STYLES = [
    ('{"prompt":"caf\\u00e9"}', '{"prompt":"\\u732b/\\"\\n"}'),
    ('{"prompt": "café"}', '{"prompt": "猫/\\"\\n"}'),
    ('{ "prompt" :\t"plain" , "x":1.0 }', '{ "prompt" :\t"\\u732b/\\"\\n" , "x":1.0 }'),
    ('{"prompt": "plain", "x": "é"}', '{"prompt": "猫/\\"\\n", "x": "é"}'),
    ('{"prompt": "a\\/b"}', '{"prompt": "\\u732b\\/\\"\\n"}'),
]


@pytest.mark.parametrize(("line", "after"), STYLES, ids=[line for line, _ in STYLES])
def test_a_new_text_is_written_in_the_style_of_the_old_one(line, after):
    assert rewritten(read_jsonl(line.encode(), "x"), '猫/"\n').decode() == after


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["prompt", "a", "b"]), st.text(min_size=1, max_size=12) | st.integers(0, 9) | st.none()
        ),
        max_size=5,
    )
)
def test_jsonl_nothing_was_changed_in_is_the_same_to_the_byte(records):
    data = "\r\n".join(json.dumps(record, ensure_ascii=False) for record in records).encode(errors="surrogatepass")
    if b"\x00" in data or b"\xed" in data:
        return
    document = read_jsonl(data, "x")
    assert document.with_prompts({}) == data
    same = {slot.name: slot.prompt for slot in document.slots if not slot.fault}
    assert document.with_prompts(same) == data


def test_other_values_of_a_record_are_what_they_were():
    line = '{"x": [1, {"prompt": "no"}], "prompt": "yes", "y": "\\ud83d\\ude00"}'
    after = json.loads(rewritten(read_jsonl(line.encode(), "x"), "new"))
    assert after == {"x": [1, {"prompt": "no"}], "prompt": "new", "y": "😀"}


def test_files_are_found_sorted_and_hidden_ones_are_not(tmp_path):
    for name in ("b.md", "a.txt", "sub/c.jsonl", ".hidden/d.md", ".e.md", "f.png", "out/g.md"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
    found, passed_over = find_files(tmp_path, without=tmp_path / "out")
    assert [str(path.relative_to(tmp_path)) for path in found] == ["a.txt", "b.md", "sub/c.jsonl"]
    assert passed_over == 1


def test_a_path_that_is_not_there_is_told(tmp_path):
    with pytest.raises(FileUnreadable, match="does not exist"):
        find_files(tmp_path / "no")
    with pytest.raises(FileUnreadable, match="cannot be read"):
        read_document(tmp_path / "no.md")


@pytest.mark.parametrize(("name", "hint"), [("x.jsonl", "refrase batch"), ("x.yaml", "refrase rewrite <")])
def test_a_file_of_many_prompts_is_not_taken_for_one(tmp_path, name, hint):
    (tmp_path / name).write_text("a: b")
    with pytest.raises(OptionInvalid) as told:
        read_single(tmp_path / name)
    assert hint in told.value.hint


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    target = tmp_path / "deep" / "x.md"
    write_atomically(target, b"one")
    target.chmod(0o640)
    write_atomically(target, b"two")
    assert target.read_bytes() == b"two"
    assert target.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in target.parent.iterdir()] == ["x.md"]


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputRefused, match="cannot be written"):
        write_atomically(tmp_path / "file" / "x.md", b"x")


def test_a_slot_that_is_no_prompt_says_so():
    (slot,) = read_plaintext(b"---\na: b\n---\n  \n", "x").slots
    assert slot.fault == "The file holds no prompt."
    assert read_plaintext(b"x", "x").slots[0].prompt == prompt_from_text("x")
