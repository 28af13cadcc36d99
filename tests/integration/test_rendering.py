"""Templates are rendered in a guarded process: what it finds in a rewrite, and what a hostile one cannot do."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from pathlib import Path

import pytest

from refrase.core.prompt import Message, Prompt, prompt_from_text
from refrase.core.rewrite import Finding, Severity
from refrase.core.syntax import Syntax
from refrase.core.terms import Terms
from refrase.rendering import Rendering

pytestmark = pytest.mark.anyio


@pytest.fixture
def empty_folder(tmp_path: Path) -> Iterator[Path]:
    """Stand in a folder of our own; whatever a template does, it must be empty afterwards."""
    with contextlib.chdir(tmp_path):
        yield tmp_path
    assert list(tmp_path.iterdir()) == []


async def check(engine: str, before: str, after: str, **options) -> tuple[Finding, ...]:
    terms = Terms(frozenset({Syntax(engine)}))
    async with aclosing(Rendering(**options)) as rendering:
        return await rendering.check(prompt_from_text(before), prompt_from_text(after), terms)


def told(findings: tuple[Finding, ...]) -> list[str]:
    """Return each finding in a word, a value with its name."""
    return sorted(f"{finding.kind} {finding.value}".rstrip() for finding in findings)


HARMLESS = [
    (
        "jinja",
        "other words and blanks",
        "Please greet {{ name }} in {{lang|upper}}.",
        "Greet {{name}} in {{ lang | upper }}.",
    ),
    (
        "jinja",
        "branches in another order",
        "{% if vip %}Dear {{ name }}{% else %}Hi {{ nick }}{% endif %}",
        "{% if not vip %}Hi {{ nick }}{% else %}Dear {{ name }}{% endif %}",
    ),
    (
        "jinja",
        "another name for what a loop goes through",
        "{% for d in docs %}{{ d.text }}{% if not loop.last %}, {% endif %}{% endfor %}",
        "Texts: {% for doc in docs %}{{ doc.text }}{% if not loop.last %}, {% endif %}{% endfor %}",
    ),
    ("jinja", "another way to the same place", "Sort {{ rows[0].title }}.", "Sort this: {{ rows[0]['title'] }}."),
    ("jinja", "a filter that it does not have", "Sort {{ list | our_own(3) }}.", "Sort this: {{ list | our_own(3) }}."),
    (
        "jinja",
        "braces of an example in a raw block",
        "Fill {{ x }}.",
        "Fill {{ x }}: {% raw %}{{like this}}{% endraw %}",
    ),
    ("liquid", "other words", "Please greet {{ name | upcase }}.", "Greet {{ name | upcase }}."),
    (
        "liquid",
        "branches in another order",
        "{% if vip %}Dear {{ name }}{% else %}Hi {{ nick }}{% endif %}",
        "{% unless vip %}Hi {{ nick }}{% else %}Dear {{ name }}{% endunless %}",
    ),
    (
        "liquid",
        "a loop in other words",
        "{% for d in docs %}{{ d.text }}{% endfor %}",
        "Texts: {% for d in docs %}- {{ d.text }}{% endfor %}",
    ),
    ("liquid", "a filter that it does not have", "Sort {{ list | ours: 3 }}.", "Sort this: {{ list | ours: 3 }}."),
    ("mustache", "other words", "Please greet {{name}} at {{user.home}}.", "Greet {{name}} at {{user.home}}."),
    (
        "mustache",
        "sections in another order",
        "{{#vip}}Dear {{name}}{{/vip}}{{^vip}}Hi {{nick}}{{/vip}}",
        "{{^vip}}Hi {{nick}}{{/vip}}{{#vip}}Dear {{name}}{{/vip}}",
    ),
    ("mustache", "a list", "{{#rows}}{{title}} {{.}}{{/rows}}", "Rows: {{#rows}}- {{title}} {{.}}{{/rows}}"),
    ("mustache", "another file beside it", "Sort {{list}}. {{> footer}}", "Sort this: {{list}}. {{> footer}}"),
    ("format", "other words", "Please greet {name}.", "Greet {name}."),
    ("format", "fields of every form", "Sort {a.b[c]} {x:>{w}} {y!r} {0}.", "Sort this: {0} {a.b[c]} {x:>{w}} {y!r}."),
    ("format", "an example with doubled braces", "Answer {question}.", 'Answer {question} as {{"answer": "…"}}.'),
    ("dollar", "other words", "Please greet $name and ${other}.", "Greet ${name} and $other."),
    ("dollar", "a price with its sign doubled", "Is $name worth it?", "Is $name worth $$5?"),
    ("percent", "by names", "Please greet %(name)s and %(other)s.", "Greet %(other)s and %(name)s."),
    ("percent", "by places", "Please greet %s and %d.", "Greet %s and %d."),
    ("percent", "a percent sign doubled", "Is %(name)s sure?", "Is %(name)s 100%% sure?"),
]

BROKEN = [
    ("jinja", "a block that does not end", "{% if vip %}{{ name }}{% endif %}", "{% if vip %}Dear {{ name }}"),
    ("jinja", "a brace too few", "Greet {{ name }}.", "Greet {{ name }."),
    ("jinja", "a comment that does not end", "Greet {{ name }}.", "Greet {{ name }}. {# politely"),
    ("jinja", "another file taken in", "Greet {{ name }}.", "{% include 'greeting.txt' %} Greet {{ name }}."),
    ("liquid", "a block that does not end", "{% if vip %}{{ name }}{% endif %}", "{% if vip %}Dear {{ name }}"),
    ("liquid", "an output that does not end", "Greet {{ name }}.", "Greet {{ name"),
    ("liquid", "a tag that there is not", "Greet {{ name }}.", "{% politely %} Greet {{ name }}."),
    ("liquid", "another file taken in", "Greet {{ name }}.", "{% render 'greeting' %} Greet {{ name }}."),
    ("mustache", "a section that does not end", "{{#vip}}{{name}}{{/vip}}", "{{#vip}}Dear {{name}}"),
    ("mustache", "a section that does not begin", "Greet {{name}}.", "Greet {{name}}{{/vip}}."),
    ("mustache", "a tag that does not end", "Greet {{name}}.", "Greet {{name"),
    ("format", "an example with single braces", "Answer {question}.", 'Answer {question} as {"answer": "…"}.'),
    ("format", "a brace opened", "Answer {question}.", "Answer {question} {."),
    ("format", "a brace closed", "Answer {question}.", "Answer {question} }."),
    ("dollar", "a price", "Is $name worth it?", "Is $name worth $5?"),
    ("percent", "a percent sign at the end", "Is %(name)s sure?", "Is %(name)s sure? By how many %"),
    ("percent", "a percent sign before a blank", "Is %(name)s sure?", "Is %(name)s 100% sure?"),
]

LOST = [
    ("jinja", "in a comment", "Greet {{ name }}.", "Greet. {# {{ name }} #}", "name"),
    ("jinja", "in a raw block", "Greet {{ name }}.", "Greet {% raw %}{{ name }}{% endraw %}.", "name"),
    (
        "jinja",
        "in a branch that is never taken",
        "Greet {{ name }}.",
        "Greet {% if false %}{{ name }}{% endif %}.",
        "name",
    ),
    ("jinja", "in a definition that is not used", "Greet {{ name }}.", "{% set x = name %}Greet.", "name"),
    (
        "jinja",
        "a part of it",
        "{% for d in docs %}{{ d.text }}{% endfor %}",
        "{% for d in docs %}-{% endfor %}",
        "docs.each.text",
    ),
    ("liquid", "in a comment", "Greet {{ name }}.", "Greet. {% comment %}{{ name }}{% endcomment %}", "name"),
    ("liquid", "in a raw block", "Greet {{ name }}.", "Greet {% raw %}{{ name }}{% endraw %}.", "name"),
    (
        "liquid",
        "in a branch that is never taken",
        "Greet {{ name }}.",
        "Greet {% if false %}{{ name }}{% endif %}.",
        "name",
    ),
    ("liquid", "with its default", "Greet {{ name | default: 'you' }}.", "Greet you.", "name"),
    ("mustache", "in a comment", "Greet {{name}}.", "Greet. {{! {{name}} }", "name"),
    ("mustache", "behind other delimiters", "Greet {{name}}.", "{{=<% %>=}}Greet {{name}}.", "name"),
    ("mustache", "with what a section held", "{{#vip}}Dear {{name}}{{/vip}}", "{{#vip}}Dear guest{{/vip}}", "vip.name"),
    ("format", "in doubled braces", "Greet {name}.", "Greet {{name}}.", "name"),
    ("format", "a width", "Sort {x:>{width}}.", "Sort {x}.", "width"),
    ("dollar", "behind a doubled sign", "Greet $name.", "Greet $$name.", "name"),
    ("dollar", "without its sign", "Greet ${name}.", "Greet {name}.", "name"),
    ("percent", "behind a doubled sign", "Greet %(name)s.", "Greet %%(name)s.", "name"),
    ("percent", "one place fewer", "Greet %s and %s.", "Greet %s.", "2"),
]

INVENTED = [
    ("jinja", "a variable", "Greet {{ name }}.", "Greet {{ name }}, who is {{ age }}.", "age"),
    ("jinja", "one in a branch", "Greet {{ name }}.", "Greet {{ name }}{% if not x %}{{ age }}{% endif %}.", "age"),
    ("liquid", "a variable", "Greet {{ name }}.", "Greet {{ name }}, who is {{ age }}.", "age"),
    ("mustache", "a variable", "Greet {{name}}.", "Greet {{name}}, who is {{{age}}}.", "age"),
    ("mustache", "one in a section", "Greet {{name}}.", "Greet {{name}}{{^x}}{{age}}{{/x}}.", "age"),
    ("format", "a field", "Greet {name}.", "Greet {name}, who is {age}.", "age"),
    ("format", "a field by its place", "Greet {0}.", "Greet {0} and {1}.", "1"),
    ("dollar", "a name", "Greet $name.", "Greet $name, who is ${age}.", "age"),
    ("percent", "a name", "Greet %(name)s.", "Greet %(name)s, who is %(age)d.", "age"),
    ("percent", "a place", "Greet %s.", "Greet %s, who is %d.", "2"),
    ("percent", "a percent sign that reads like a place", "Greet %s.", "Greet %s, 100% sure.", "2"),
]

FOUND = [
    *((*row, []) for row in HARMLESS),
    *((*row, ["template_broken"]) for row in BROKEN),
    *((*row, [f"template_value_lost {name}"]) for *row, name in LOST),
    *((*row, [f"template_value_invented {name}"]) for *row, name in INVENTED),
]


@pytest.mark.parametrize(
    ("engine", "before", "after", "found"),
    [(engine, before, after, found) for engine, _, before, after, found in FOUND],
    ids=[f"{engine} {found[0].split()[0] if found else 'harmless'}: {what}" for engine, what, _, _, found in FOUND],
)
async def test_a_rewrite_is_rendered_beside_its_original(empty_folder, engine, before, after, found):
    findings = await check(engine, before, after)
    assert told(findings) == found
    assert all(finding.severity is Severity.BLOCKING for finding in findings)


def test_every_engine_stands_in_every_table():
    for table in (HARMLESS, BROKEN, LOST, INVENTED):
        assert {row[0] for row in table} == {"jinja", "liquid", "mustache", "format", "dollar", "percent"}


NOT_RENDERED = [
    ("jinja", "no expression", "Sort {{ by name }}.", "no template of it (TemplateSyntaxError"),
    ("jinja", "a tag that there is not", "{% politely %}Sort {{ list }}.", "no template of it (TemplateSyntaxError"),
    ("jinja", "another file taken in", "{% include 'rules.txt' %}Sort {{ list }}.", "another file in line 1"),
    ("jinja", "another file continued", "{% extends 'rules.txt' %}Sort {{ list }}.", "another file in line 1"),
    ("jinja", "another file imported", "\n{% import 'rules.txt' as r %}Sort {{ list }}.", "another file in line 2"),
    ("jinja", "a name of another file", "{% from 'rules.txt' import r %}Sort {{ list }}.", "another file in line 1"),
    ("liquid", "no condition", "{% if %}Sort {{ list }}.{% endif %}", "no template of it (LiquidSyntaxError"),
    ("liquid", "another file taken in", "{% include 'rules' %}Sort {{ list }}.", "TemplateNotFoundError"),
    ("liquid", "another file rendered", "{% render 'rules' %}Sort {{ list }}.", "TemplateNotFoundError"),
    ("mustache", "a section that does not end", "{{#vip}}Sort {{list}}.", "no template of it (ChevronError"),
    ("format", "an example with single braces", 'Sort {list} as {"a": 1}.', "no template of it (ValueError"),
    ("format", "a brace closed", "Sort {list} }.", "no template of it (ValueError"),
    ("dollar", "a price", "Sort $list below $5.", "no template of it (ValueError: a $ stands alone)"),
    ("dollar", "a default as a shell writes it", "Sort ${list:-all}.", "no template of it (ValueError"),
    ("percent", "a percent sign at the end", "Sort %(list)s by %", "no template of it (ValueError"),
]


@pytest.mark.parametrize(
    ("engine", "before", "why"),
    [(engine, before, why) for engine, _, before, why in NOT_RENDERED],
    ids=[f"{engine}: {what}" for engine, what, _, _ in NOT_RENDERED],
)
async def test_an_original_that_cannot_be_rendered_is_noted_with_the_reason_and_blocks_nothing(
    empty_folder, engine, before, why
):
    (finding,) = await check(engine, before, f"Please: {before}")
    assert (finding.kind, finding.severity) == ("template_not_rendered", Severity.NOTE)
    assert f"As a template of {engine} message 1 was not rendered: the original is" in finding.message
    assert why in finding.message


async def test_a_partial_is_never_read_from_a_file(tmp_path):
    (tmp_path / "other.mustache").write_text("{{hidden}}")
    with contextlib.chdir(tmp_path):
        for path in ("other", "./other", tmp_path / "other", tmp_path / "other.mustache"):
            assert await check("mustache", "Sort {{list}}.", f"Sort {{{{list}}}}. {{{{> {path}}}}}") == ()


LOOP_OF_JINJA = "{% for i in range(99999) %}{% for j in range(99999) %}{{ a }}{% endfor %}{% endfor %}"
LOOP_OF_LIQUID = "{% for i in (1..1000000000) %}{{ a }}{% endfor %}"
DOUBLING = "{% assign x = 'xx' %}{% for i in (1..60) %}{% assign x = x | append: x %}{% endfor %}{{ a }}"
# Whether a hostile template is refused by its engine, runs out of memory or out of time depends on the machine.
STOPPED = {"template_broken", "template_not_rendered"}
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


def processes_of(parent: int) -> list[int]:
    """Return the processes that *parent* has started and that are still there, zombies too."""
    return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


needs_proc = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="processes are looked for in /proc")


async def until(is_so: Callable[[], bool]) -> None:
    for _ in range(200):
        if is_so():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it did not come to that")


async def ask(rendering: Rendering) -> list[str]:
    terms = Terms(frozenset({Syntax.FORMAT}))
    return told(await rendering.check(prompt_from_text("{a}"), prompt_from_text("{b}"), terms))


ANSWER = ["template_value_invented b", "template_value_lost a"]


@needs_proc
async def test_one_process_serves_all_questions_keeps_no_child_and_ends_with_its_user():
    before = processes_of(os.getpid())
    async with aclosing(Rendering()) as rendering:
        assert processes_of(os.getpid()) == before
        assert await asyncio.gather(*(ask(rendering) for _ in range(5))) == [ANSWER] * 5
        (server,) = set(processes_of(os.getpid())) - set(before)
        await until(lambda: processes_of(server) == [])
        assert await ask(rendering) == ANSWER
        assert set(processes_of(os.getpid())) - set(before) == {server}
    assert processes_of(os.getpid()) == before


@needs_proc
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_a_server_that_is_killed_is_started_again_and_no_question_is_lost(number):
    before = set(processes_of(os.getpid()))
    async with aclosing(Rendering()) as rendering:
        assert await ask(rendering) == ANSWER
        (server,) = set(processes_of(os.getpid())) - before
        os.kill(server, number)
        assert await asyncio.gather(*(ask(rendering) for _ in range(5))) == [ANSWER] * 5
        (other,) = set(processes_of(os.getpid())) - before
        assert other != server


@needs_proc
async def test_what_takes_too_long_is_ended_and_the_server_stays():
    before = set(processes_of(os.getpid()))
    loop = prompt_from_text(LOOP_OF_JINJA)
    async with aclosing(Rendering(longest_seconds=1.0)) as rendering:
        assert await ask(rendering) == ANSWER
        (server,) = set(processes_of(os.getpid())) - before
        terms = Terms(frozenset({Syntax.JINJA}))
        (finding,) = await rendering.check(prompt_from_text("{{ a }}"), loop, terms)
        assert "rendering it takes too" in finding.message
        await until(lambda: processes_of(server) == [])
        assert await ask(rendering) == ANSWER
        assert set(processes_of(os.getpid())) - before == {server}


@needs_proc
async def test_a_server_ends_when_its_user_is_killed():
    program = """
import asyncio, os
from refrase.core.prompt import prompt_from_text
from refrase.core.terms import Terms
from refrase.rendering import Rendering
rendering = Rendering()
asyncio.run(rendering.check(prompt_from_text("{name} a"), prompt_from_text("{name} b"), Terms()))
print(open(f"/proc/self/task/{os.getpid()}/children").read(), flush=True)
os.kill(os.getpid(), 9)
"""
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    (server,) = done.stdout.split()
    await until(lambda: not Path(f"/proc/{server}/cmdline").exists() or not Path(f"/proc/{server}/cmdline").read_text())


async def test_without_forks_each_question_has_a_process_of_its_own(empty_folder):
    assert await check("format", "{a}", "{b}", forks=False) != ()
    (finding,) = await check("jinja", "{{ a }}", LOOP_OF_JINJA, forks=False, longest_seconds=1.0)
    assert "rendering it takes too" in finding.message
    (finding,) = await check("jinja", "{{ a }}", "{{ 'x' * 10**12 }}{{ a }}", forks=False)
    assert finding.kind in STOPPED


async def test_a_very_long_text_is_not_rendered(empty_folder):
    (finding,) = await check("format", "{a}", "{a}" + "x" * 400_000)
    assert finding.kind == "template_not_rendered"
    assert "too long" in finding.message


async def test_more_texts_than_may_be_rendered_at_once_wait_for_each_other(empty_folder):
    terms = Terms(frozenset({Syntax.FORMAT}))
    pairs = [(prompt_from_text(f"{{a{number}}}"), prompt_from_text("{b}")) for number in range(6)]
    async with aclosing(Rendering(most_at_once=1)) as rendering:
        seen = await asyncio.gather(*(rendering.check(before, after, terms) for before, after in pairs))
    assert [told(findings) for findings in seen] == [
        ["template_value_invented b", f"template_value_lost a{number}"] for number in range(6)
    ]


async def test_at_most_five_values_of_a_kind_are_told(empty_folder):
    findings = await check("percent", "%s", "%s" * 50_000)
    assert len(findings) == 5


async def test_of_several_messages_only_changed_ones_are_rendered_and_a_finding_names_its_message(empty_folder):
    before = Prompt((Message(LOOP_OF_JINJA, "system"), Message("Greet {{ name }}.", "user")))
    after = before.with_texts((LOOP_OF_JINJA, "Greet {# {{ name }} #}."))
    async with aclosing(Rendering()) as rendering:
        (finding,) = await rendering.check(before, after, Terms(frozenset({Syntax.JINJA})))
    assert (finding.kind, finding.after.message, finding.after.end) == ("template_value_lost", 1, 23)


SYNTAXES = [
    ("found by evidence", None, "Greet {name}.", "Greet {{name}}.", ["template_value_lost name"]),
    ("none by evidence", None, "Greet [NAME].", "Greet {name} {.", []),
    ("none, as the caller says", {Syntax.NONE}, "Greet {name}.", "Greet {.", []),
    ("none, as the caller leaves open", set(), "Greet {name}.", "Greet {.", []),
    ("one without an engine", {Syntax.HANDLEBARS}, "{{#if a}}{{b}}{{/if}}", "{{#if a}}", []),
    (
        "each of two",
        {Syntax.DOLLAR, Syntax.FORMAT},
        "Greet {name} and $other.",
        "Greet.",
        ["template_value_lost name", "template_value_lost other"],
    ),
]


@pytest.mark.parametrize(
    ("stated", "before", "after", "found"), [row[1:] for row in SYNTAXES], ids=[row[0] for row in SYNTAXES]
)
async def test_which_engines_are_asked(empty_folder, stated, before, after, found):
    terms = Terms(None if stated is None else frozenset(stated))
    async with aclosing(Rendering()) as rendering:
        assert told(await rendering.check(prompt_from_text(before), prompt_from_text(after), terms)) == found


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


# What real prompts do with values


SEEN = [
    (
        "jinja",
        "{% for k, v in d.items() %}{{ k }}: {{ v }}{% endfor %}",
        "{% for k, v in d.items() %}{{ k }}{% endfor %}",
    ),
    ("jinja", "Hi {{ name | default('you') }}", "Hi {# name #}"),
    ("jinja", "{% if name is defined %}{{ name }}{% endif %} a", "{% if name is defined %}x{% endif %} a"),
    ("jinja", "{{ x | tojson }} {{ y | round(2) }}", "{{ x | tojson }}"),
    ("liquid", "Hi {{ name | upcase }}", "Hi {{ 'name' | upcase }}"),
]


@pytest.mark.parametrize(("engine", "before", "after"), SEEN, ids=[before[:40] for _, before, _ in SEEN])
async def test_values_are_seen_through_methods_filters_and_tests(empty_folder, engine, before, after):
    assert await check(engine, before, before + " ") == ()
    assert {finding.kind for finding in await check(engine, before, after)} == {"template_value_lost"}


async def test_a_module_in_the_current_folder_is_not_run(empty_folder):
    (empty_folder / "chevron.py").write_text("open('ran', 'w')")
    (empty_folder / "resource.py").write_text("open('ran', 'w')")
    assert await check("mustache", "Hi {{name}} a", "Hi {{name}} b") == ()
    assert not (empty_folder / "ran").exists()
    for name in ("chevron.py", "resource.py"):
        (empty_folder / name).unlink()
