"""What drafts and instructions are held against, made as the Rewriter makes it."""

from refrase.core.candidate import Citable
from refrase.core.contract import contract_of
from refrase.core.draft import Case
from refrase.core.lock import locks_of
from refrase.core.prompt import Prompt
from refrase.core.rewrite import Form, Mode
from refrase.core.terms import Terms
from tests.conftest import MARK

RULES = frozenset({"request-wrapped", "action-verb"})


def case_of(
    prompt: Prompt,
    form: Form = Form.EDITS,
    mode: Mode = Mode.CONSERVATIVE,
    *,
    terms: Terms | None = None,
    known: frozenset[str] = RULES,
    applying: frozenset[str] = RULES,
) -> Case:
    terms = terms or Terms()
    contract = contract_of(prompt, terms)
    locks = tuple(lock for message in contract.messages for lock in locks_of(message))
    return Case(prompt, contract, terms, mode, form, MARK, Citable(known, applying), locks)
