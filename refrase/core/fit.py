"""Whether a prompt fits its target at all, by the model's data in the guide: its window, and what it takes in.

No rule and no check by hand is needed for it. Both findings rather stay silent than raise a false alarm.
"""

import re
from collections.abc import Iterator

from refrase.core.guide import Model
from refrase.core.prefilter import may_match
from refrase.core.prompt import Prompt, Span
from refrase.core.rewrite import Finding, Severity

# Tokens that a character has at least, of ASCII and of other scripts: in Kimi's vocabulary no text of the devset of 500
# characters or more has fewer than the first.
_NARROW_TOKENS, _WIDE_TOKENS = 0.16, 0.4
_THING = r"(?:%s)s?"
_SPOKEN_OF = (
    r"\b(?:attached|uploaded|provided) {thing}\b|\b{thing} (?:provided|attached|uploaded) (?:above|below|here)\b"
    r"|\bin the {thing} (?:above|below)\b|<\|(?:{mark})\|>|\{{\{{\s*(?:{mark})(?:_url)?\s*\}}\}}"
)
_MEDIA = {
    "image": ("image|photo|picture|screenshot", "image"),
    "video": ("video|clip", "video"),
    "audio": ("audio|audio file|voice recording", "audio"),
}


def fewest_tokens(prompt: Prompt) -> int:
    """Return a number of tokens that the prompt hardly has fewer of, whatever the vocabulary."""
    wide = sum(len(text) - len(text.encode("ascii", "ignore")) for text in prompt.texts)
    return int(wide * _WIDE_TOKENS + (prompt.characters - wide) * _NARROW_TOKENS)


def check_fit(prompt: Prompt, model: Model) -> tuple[Finding, ...]:
    """Return why *prompt* cannot be sent to *model*: too long for its window, or about media that it cannot take."""
    return (*_overflow(prompt, model), *_media(prompt, model))


def _overflow(prompt: Prompt, model: Model) -> Iterator[Finding]:
    tokens = fewest_tokens(prompt)
    if tokens > model.context_tokens:
        message = f"The prompt has {tokens:,} tokens or more; the window of {model.name} is {model.context_tokens:,}."
        yield Finding("context_overflow", Severity.WARNING, message)


def _media(prompt: Prompt, model: Model) -> Iterator[Finding]:
    for name, expression in _EXPRESSIONS.items():
        if name in model.modalities:
            continue
        for number, text in enumerate(prompt.texts):
            if may_match(expression.pattern, text) and (found := expression.search(text)):
                message = f"“{found.group()}”: {model.name} takes {', '.join(model.modalities)} and no {name}."
                at = Span(found.start(), found.end(), number)
                yield Finding("media_unsupported", Severity.WARNING, message, before=at, value=found.group())
                break


_EXPRESSIONS = {
    name: re.compile(f"(?i){_SPOKEN_OF.format(thing=_THING % things, mark=mark)}")
    for name, (things, mark) in _MEDIA.items()
}
