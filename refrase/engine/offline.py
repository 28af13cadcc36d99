"""The offline engine: the mechanical fixes that a guide's rules define. No model, no network, nothing invented."""

from collections.abc import Iterable

from refrase.core.candidate import Candidate
from refrase.core.engine import EngineIdentity
from refrase.core.mend import mend
from refrase.core.prompt import Prompt, Span
from refrase.core.selection import Selected


class OfflineEngine:
    """Applies fixes; its work is never called a rewrite."""

    # The number goes up when the primitives of core.fix change what they make of a prompt.
    identity = EngineIdentity(
        provider="offline", model="mechanical-fixes-1", base_url="", parameters={}, max_output_tokens=0
    )

    def fix(self, prompt: Prompt, selected: tuple[Selected, ...], kept: Iterable[Span]) -> Candidate:
        """Return *prompt* with the fixes of the rules that apply to it, none of them within *kept*."""
        return mend(prompt, [item.rule for item in selected if item.applies], kept)
