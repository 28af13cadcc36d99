"""Texts with locked blocks, what an engine is shown of them, and replies about them."""

from refrase.core.contract import contract_of
from refrase.core.draft import Case, Draft
from refrase.core.handle import Handles
from refrase.core.lock import Lock, locks_of
from refrase.core.prompt import Prompt, Span, prompt_from_text
from refrase.core.rewrite import Form
from refrase.instructions import Instructions
from tests.cases import case_of
from tests.conftest import MARK

INSTRUCTIONS = Instructions()
LINE = "print('a line of code that is long enough')\n"
FENCE = f"```python\n{LINE * 5}```"
CODE = f"Please fix what is broken in this.\n\n{FENCE}\n\nBe brief."
TABLE = "| Size | Price |\n|---|---|\n| small | 2 |\n| large | 3 |\n"


def locks_in(text: str, *stated: Span) -> tuple[Lock, ...]:
    (reading,) = contract_of(prompt_from_text(text)).messages
    return locks_of(reading, stated)


def quoted(case: Case) -> tuple[str, Handles]:
    told = INSTRUCTIONS.quote(case)
    return "\n".join(message.text for message in told.messages), told.handles


def locked(text: str | Prompt, *stated: Span, form: Form = Form.WHOLE) -> Case:
    prompt = prompt_from_text(text) if isinstance(text, str) else text
    case = case_of(prompt, form)
    readings = case.contract.messages
    locks = [
        lock for reading in readings for lock in locks_of(reading, [s for s in stated if s.message == reading.number])
    ]
    return Case(case.prompt, case.contract, case.terms, case.mode, case.form, case.mark, case.citable, tuple(locks))


def handle(number: int) -> str:
    return f'<locked-{MARK} id="{number}"/>'


def message(text: str, number: int = 1) -> str:
    return f'<message-{MARK} n="{number}">\n{text}\n</message-{MARK}>'


def take(case: Case, reply: str) -> Draft:
    draft = Draft(case, INSTRUCTIONS.quote(case).handles)
    draft.take(reply)
    return draft


def kinds(draft: Draft) -> list[str]:
    return [finding.kind for finding in draft.candidate.findings]
