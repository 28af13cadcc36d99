"""Templates are rendered in a guarded process: what it finds in a rewrite."""

import contextlib
from contextlib import aclosing

import pytest

from refrase.core.prompt import Message, Prompt, prompt_from_text
from refrase.core.rewrite import Severity
from refrase.core.syntax import Syntax
from refrase.core.terms import Terms
from refrase.rendering import Rendering
from tests.renderings import LOOP_OF_JINJA, check, told

pytestmark = pytest.mark.anyio


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
