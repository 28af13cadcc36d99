"""In which form the engine is asked to answer, and how long its reply may be."""

from refrase.core.prompt import Prompt
from refrase.core.rewrite import Form, Mode

# Below this a whole text costs hardly more than edits, which quote what they change. A choice, not a measurement.
_SHORT_CHARACTERS = 400
# Room for the account of changes, beside the text itself.
_ACCOUNT_TOKENS = 4_000


def form_for(prompt: Prompt, mode: Mode) -> Form:
    """Return the form of reply to ask for: edits, but the whole text of short prompts and in the bold mode."""
    return Form.WHOLE if mode is Mode.BOLD or prompt.characters < _SHORT_CHARACTERS else Form.EDITS


def reply_limit_tokens(prompt: Prompt, most_tokens: int, thinking_tokens: int = 0) -> int:
    """Return the limit to ask for, up to *most_tokens*: no known language needs more than a token for two bytes.

    *thinking_tokens* are for the thoughts of an engine that thinks.
    """
    size_bytes = sum(len(text.encode()) for text in prompt.texts)
    return min(most_tokens, _ACCOUNT_TOKENS + size_bytes // 2 + thinking_tokens)
