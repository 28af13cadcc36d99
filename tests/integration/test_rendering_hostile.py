"""What a hostile template cannot do: write, read, take memory or time, hold up others."""

import contextlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from refrase.core.rewrite import Severity
from tests.renderings import LOOP_OF_JINJA, LOOP_OF_LIQUID, STOPPED, check, told

pytestmark = pytest.mark.anyio


DOUBLING = "{% assign x = 'xx' %}{% for i in (1..60) %}{% assign x = x | append: x %}{% endfor %}{{ a }}"
OTHER_VALUE = {"template_value_lost", "template_value_invented"}
HOSTILE = [
    ("jinja", "a large loop", "{% for i in range(10**9) %}{{ a }}{% endfor %}", STOPPED),
    ("jinja", "a loop in a loop", LOOP_OF_JINJA, STOPPED),
    ("jinja", "a power", "{{ 9**9**9 }}{{ a }}", set()),  # its powers go from the left: 9**81
    ("jinja", "a power of a power", "{{ 9**(9**9) }}{{ a }}", STOPPED),
    ("jinja", "a text times a million millions", "{{ 'x' * 10**12 }}{{ a }}", STOPPED),
    ("jinja", "a list times a million millions", "{{ [1] * 10**12 }}{{ a }}", STOPPED),
    ("jinja", "a width by %", "{{ '%9999999999s' % 1 }}{{ a }}", STOPPED),
    ("jinja", "a width by format", "{{ '{:>9999999999}'.format(1) }}{{ a }}", STOPPED),
    ("jinja", "blocks nested deeply", "{% if a %}" * 3000 + "{{ a }}" + "{% endif %}" * 3000, STOPPED),
    ("jinja", "loops nested deeply", "{% for x in a %}" * 30 + "{{ a }}" + "{% endfor %}" * 30, STOPPED),
    ("jinja", "parentheses nested deeply", "{{ " + "(" * 5000 + "a" + ")" * 5000 + " }}", STOPPED),
    ("jinja", "many signs", "{{ " + "-" * 20_000 + "a }}", STOPPED),
    ("jinja", "a long path", "{{ a" + ".b" * 5000 + " }}", STOPPED),
    ("jinja", "a macro that calls itself", "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}{{ a }}", STOPPED),
    ("jinja", "a loop that calls itself", "{% for x in a recursive %}{{ loop(a) }}{% endfor %}", STOPPED),
    ("jinja", "the bases of a text", "{{ ''.__class__.__mro__ }}{{ a }}", {"template_value_invented"}),
    ("jinja", "all classes", "{{ ''.__class__.__mro__[1].__subclasses__() }}{{ a }}", {"template_value_invented"}),
    ("jinja", "the bases by format", "{{ '{0.__class__.__mro__}'.format('') }}{{ a }}", {"template_value_invented"}),
    ("jinja", "the globals of a value", "{{ a.__init__.__globals__ }}{{ a }}", {"template_value_invented"}),
    ("jinja", "the marker itself", "{{ a._child('x') }}{{ a }}", {"template_value_invented"}),
    ("jinja", "a command", "{{ lipsum.__globals__['os'].system('touch ran') }}{{ a }}", {"template_value_invented"}),
    (
        "jinja",
        "a command by a class",
        "{{ cycler.__init__.__globals__.os.popen('touch ran') }}{{ a }}",
        {"template_value_invented"},
    ),
    (
        "jinja",
        "a command by a value",
        "{{ a.__class__.__init__.__globals__.os.system('touch ran') }}{{ a }}",
        {"template_value_invented"},
    ),
    ("liquid", "a large loop", LOOP_OF_LIQUID, STOPPED),
    ("liquid", "a large list", "{{ (1..1000000000) | join: ',' }}{{ a }}", set()),  # filters are not run
    ("liquid", "a text doubled again and again", DOUBLING, set()),
    ("liquid", "blocks nested deeply", "{% if a %}" * 3000 + "{{ a }}" + "{% endif %}" * 3000, STOPPED),
    ("mustache", "sections nested deeply", "{{#a}}" * 3000 + "{{/a}}" * 3000, {"template_value_lost"}),
    ("mustache", "the bases of a value", "{{a.__class__.__mro__}}", OTHER_VALUE),
    ("mustache", "a long path", "{{a" + ".b" * 60 + "}}", OTHER_VALUE),
    ("format", "a width", "{a:>9999999999}", set()),  # fields are read, not formatted
    ("format", "the bases of a value", "{a.__class__.__mro__}", OTHER_VALUE),
    ("format", "fields nested deeply", "{a:" * 1500 + "}" * 1500, STOPPED),
    ("format", "names nested deeply", "{a" + "{b" * 3000 + "}" * 3001, STOPPED),
    ("dollar", "many names begun", "$a" + "${" * 20_000, STOPPED),
    ("percent", "a width", "%(a)9999999999s", STOPPED),
    ("percent", "many digits", "%(a)2147483646d", STOPPED),
    ("percent", "a width that is asked for", "%(a)*d", STOPPED),
]
PLAIN = {
    "jinja": "{{ a }}",
    "liquid": "{{ a }}",
    "mustache": "{{a}}",
    "format": "{a}",
    "dollar": "$a",
    "percent": "%(a)s",
}


@pytest.mark.parametrize(
    ("engine", "after", "allowed"),
    [(engine, after, allowed) for engine, _, after, allowed in HOSTILE],
    ids=[f"{engine}: {what}" for engine, what, _, _ in HOSTILE],
)
async def test_a_hostile_rewrite_ends_in_a_finding_and_writes_nothing(empty_folder, engine, after, allowed):
    kinds = {finding.kind for finding in await check(engine, PLAIN[engine], after)}
    assert kinds <= allowed
    assert bool(kinds) == bool(allowed)


HOSTILE_ORIGINALS = [
    ("jinja", "{% for i in range(10**9) %}{{ a }}{% endfor %}"),
    ("jinja", "{{ 'x' * 10**12 }}{{ a }}"),
    ("jinja", "{% if a %}" * 3000 + "{% endif %}" * 3000),
    ("liquid", LOOP_OF_LIQUID),
    ("format", "{a:" * 1500 + "}" * 1500),
    ("percent", "%(a)9999999999s"),
]


@pytest.mark.parametrize(
    ("engine", "before"), HOSTILE_ORIGINALS, ids=[f"{engine}: {before[:40]}" for engine, before in HOSTILE_ORIGINALS]
)
async def test_a_hostile_original_ends_in_a_note(empty_folder, engine, before):
    (finding,) = await check(engine, before, PLAIN[engine])
    assert (finding.kind, finding.severity) == ("template_not_rendered", Severity.NOTE)


async def test_a_process_that_does_not_answer_in_time_is_ended_and_the_next_one_works(empty_folder):
    (finding,) = await check("jinja", "{{ a }}", LOOP_OF_JINJA, longest_seconds=0.01)
    assert finding.kind == "template_not_rendered"
    assert "takes too long" in finding.message
    assert told(await check("jinja", "{{ a }}", "{# {{ a }} #}")) == ["template_value_lost a"]


async def test_a_very_long_text_is_not_rendered(empty_folder):
    (finding,) = await check("format", "{a}", "{a}" + "x" * 400_000)
    assert finding.kind == "template_not_rendered"
    assert "too long" in finding.message


FORBIDDEN = [
    ("write a file", "pathlib.Path('written').write_text('x')", "OSError"),
    ("take a gigabyte of memory", "bytearray(2**30)", "MemoryError"),
]


@pytest.mark.parametrize(
    ("code", "error"), [(code, error) for _, code, error in FORBIDDEN], ids=[what for what, _, _ in FORBIDDEN]
)
def test_the_guarded_process_cannot(tmp_path, code, error):
    program = f"import pathlib; from refrase.rendering.worker import guard; guard(); {code}"
    with contextlib.chdir(tmp_path):
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(error)
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) == 0


def test_while_hostile_templates_are_rendered_the_service_serves_others(client):
    def post(before: str, after: str, syntax: str) -> dict:
        response = client.post("/api/v1/checks", json={"before": before, "after": after, "syntaxes": [syntax]})
        assert response.status_code == 200
        return response.json()

    hostile = [
        ("{{ a }}", LOOP_OF_JINJA, "jinja"),
        ("{{ a }}", LOOP_OF_LIQUID, "liquid"),
        ("{a}", "{a:>9999999999}", "format"),
    ]
    with ThreadPoolExecutor(len(hostile)) as pool:
        answers = [pool.submit(post, *pair) for pair in hostile]
        assert client.get("/health/live").status_code == 200
        assert not post("Greet {name}.", "Please greet {name}.", "format")["is_blocked"]
    kinds = [{finding["kind"] for finding in answer.result()["findings"]} for answer in answers]
    assert kinds[0] & STOPPED
    assert kinds[1] & STOPPED
    assert post("Greet {name}.", "Greet {{name}}.", "format")["is_blocked"]


async def test_a_module_in_the_current_folder_is_not_run(empty_folder):
    (empty_folder / "chevron.py").write_text("open('ran', 'w')")
    (empty_folder / "resource.py").write_text("open('ran', 'w')")
    assert await check("mustache", "Hi {{name}} a", "Hi {{name}} b") == ()
    assert not (empty_folder / "ran").exists()
    for name in ("chevron.py", "resource.py"):
        (empty_folder / name).unlink()
