"""Comparing any two prompts, without a model: what the gate says of them."""

from refrase.core.gate import Examination, examine
from refrase.core.prompt import Prompt, check_prompt
from refrase.core.rewrite import Mode
from refrase.core.terms import Terms
from refrase.errors import OptionInvalid
from refrase.rendering import Rendering
from refrase.services.threads import in_thread_if_long


class Checker:
    """Holds a prompt against its original."""

    def __init__(self, rendering: Rendering, *, max_prompt_bytes: int) -> None:
        self._rendering = rendering
        self._max_prompt_bytes = max_prompt_bytes

    async def check(self, before: Prompt, after: Prompt, *, mode: Mode, terms: Terms) -> Examination:
        """Return findings and ledger. Raises BadInput for prompts that cannot be compared."""
        check_prompt(before, max_prompt_bytes=self._max_prompt_bytes)
        check_prompt(after, max_prompt_bytes=self._max_prompt_bytes)
        if [message.role for message in before.messages] != [message.role for message in after.messages]:
            raise OptionInvalid("The two prompts have not the same messages: their number, order or roles differ.")
        size = before.characters + after.characters
        seen = await in_thread_if_long(size, examine, before, after, mode=mode, terms=terms)
        rendered = await self._rendering.check(before, after, terms)
        return Examination((*seen.findings, *rendered), seen.ledger)
