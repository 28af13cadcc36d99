"""Which template syntaxes a prompt is written in: found by evidence, since nothing in a text states it.

A prompt can mix several. What none of them claims stays a literal: it is kept all the same, but it is not called
a variable, and no engine of a template is asked about it.
"""

import re
from enum import StrEnum
from string import Formatter


class Syntax(StrEnum):
    """A way of writing variables into a prompt."""

    JINJA = "jinja"  # and Nunjucks
    LIQUID = "liquid"
    MUSTACHE = "mustache"
    HANDLEBARS = "handlebars"
    DOTPROMPT = "dotprompt"
    SEMANTIC_KERNEL = "semantic-kernel"
    GO = "go"
    DIFY = "dify"
    N8N = "n8n"
    SALESFORCE = "salesforce"
    FORMAT = "format"  # str.format and f-strings
    DOLLAR = "dollar"  # $x, ${x}, ${x:default}, $1, $ARGUMENTS
    PERCENT = "percent"  # %s, %(x)s
    ERB = "erb"  # and EJS
    SHELL = "shell"  # !{command}, @{file}
    NONE = "none"  # the caller's word: nothing in this prompt is filled in


# A syntax, signs of which one stands in any text that shows evidence of it, and that evidence.
_EVIDENCE = (
    (Syntax.DOTPROMPT, ("{{",), re.compile(r"\{\{\s*(?:role\s+[\"']|history\b|media\s+url=|section\s+[\"'])")),
    (
        Syntax.LIQUID,
        ("{%", "|"),
        re.compile(r"\{%-?\s*(?:assign|capture|unless|case|tablerow|render)\b|\|\s*\w+:\s*['\"\w]"),
    ),
    (
        Syntax.JINJA,
        ("{%", "{#", "{{"),
        re.compile(r"\{%[-+]?\s*\w|\{#-?\s|\{\{-?\s*[\w.]+\s*\|\s*\w+|\{\{[^{}\n]{1,80}\b(?:if|else)\b"),
    ),
    (
        Syntax.HANDLEBARS,
        ("{{",),
        re.compile(r"\{\{~?(?:#\s*(?:if|unless|each|with|let)\b|else\b|!--)|\{\{\s*(?:\.\./|@|this\b)|\{\{\{"),
    ),
    (Syntax.MUSTACHE, ("{{",), re.compile(r"\{\{[#^](?!\w+\s)[\w.]+\s*\}\}|\{\{&\s*\w|\{\{!(?!--)")),
    (Syntax.SEMANTIC_KERNEL, ("{{",), re.compile(r"\{\{\s*(?:\$[A-Za-z_]|[A-Za-z_]\w*\.[A-Za-z_]\w*\s+[$'\"])")),
    (
        Syntax.GO,
        ("{{",),
        re.compile(r"\{\{-?\s*(?:(?:if|range|with|template|define|block)\s+[.$\"]|end\b|[.$][A-Z]\w*)"),
    ),
    (Syntax.DIFY, ("{{#",), re.compile(r"\{\{#[\w.]{1,120}#\}\}")),
    (
        Syntax.N8N,
        ("{{",),
        re.compile(r"=\{\{|\{\{\s*\$(?:json|node|input|\(|now|today|items?|workflow|vars)\b|\{\{\s*\$\("),
    ),
    (Syntax.SALESFORCE, ("{!",), re.compile(r"\{!\$?\w")),
    (
        Syntax.DOLLAR,
        ("$",),
        re.compile(r"\$\{[A-Za-z_]|\$[A-Z_]{2,}\b|(?<![\w$])\$[a-z_]\w+|(?<![\w$])\$\d\b(?![.,]\d)"),
    ),
    (Syntax.PERCENT, ("%",), re.compile(r"%\(\w{1,80}\)[-#0 +]?\d{0,4}[a-z]|(?<![\d%\w])%[sdifr](?![A-Za-z])")),
    (Syntax.ERB, ("<%",), re.compile(r"<%[-=#]?")),
    (Syntax.SHELL, ("!{", "@{"), re.compile(r"[!@]\{[^{}\n]{1,300}\}")),
)
_FIELD = re.compile(r"[A-Za-z_]\w*(?:[.\[][^{}\n]{0,120})?|\d{1,2}")
_DOUBLE_NAME = re.compile(r"\{\{\s*[$#\w][\w.$#-]*\s*\}\}")


# Syntaxes that fill in what stands between two braces.
DOUBLES = frozenset(
    {
        Syntax.JINJA,
        Syntax.LIQUID,
        Syntax.MUSTACHE,
        Syntax.HANDLEBARS,
        Syntax.DOTPROMPT,
        Syntax.SEMANTIC_KERNEL,
        Syntax.GO,
        Syntax.DIFY,
        Syntax.N8N,
    }
)


def find_syntaxes(text: str) -> frozenset[Syntax]:
    """Return the syntaxes that *text* shows evidence of."""
    found = {
        syntax for syntax, signs, pattern in _EVIDENCE if any(sign in text for sign in signs) and pattern.search(text)
    }
    if "{" in text:
        if is_format(text):
            found.add(Syntax.FORMAT)
        if Syntax.LIQUID in found and Syntax.JINJA in found and not re.search(r"\{%-?\s*(?:assign|capture)", text):
            found.discard(Syntax.LIQUID)
        if _DOUBLE_NAME.search(text) and not found & DOUBLES and Syntax.FORMAT not in found:
            found.add(Syntax.MUSTACHE)
    return frozenset(found)


def is_format(text: str) -> bool:
    """Return whether *text* is a template of str.format: it parses, and every field is one that code can fill."""
    fields = format_fields(text)
    return bool(fields) and all(_FIELD.fullmatch(field) for field in fields)


def format_fields(text: str) -> tuple[str, ...]:
    """Return the fields that str.format would fill, in order; none where it would refuse the text."""
    if "{" not in text:
        return ()
    try:
        return tuple(field for _, field, _, _ in Formatter().parse(text) if field is not None)
    except ValueError:
        return ()
