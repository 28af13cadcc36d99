"""When are two requests the same? The hash that finds a rewrite that was already paid for."""

import hashlib
from collections.abc import Sequence

import msgspec

from refrase.core.prompt import Prompt
from refrase.core.rewrite import Order, Provenance


def fingerprint_of(order: Order, provenance: Provenance, left_out: Sequence[str] = ()) -> str:
    """Return a hash over the prompt's bytes and everything that shapes its rewrite.

    Guide and template versions are in it, so a changed guide or template asks anew; the program's version is
    not, so an upgrade alone pays for nothing twice. Nor is the limit of the reply: a reply that reached it failed,
    and whoever raises it for that one prompt must not pay for all the others again. *left_out* are the rules that
    the instruction has no room for.
    """
    parameters = {name: value for name, value in provenance.parameters.items() if name != "max_output_tokens"}
    shaping = (
        provenance.target,
        provenance.guide,
        provenance.guide_version,
        provenance.template_version,
        provenance.engine,
        provenance.mode,
        provenance.form,
        provenance.provider,
        provenance.engine_model,
        parameters,
        sorted(order.terms.syntaxes) if order.terms.syntaxes is not None else None,
        order.terms.tools,
        order.locks,
        order.accepts_warnings,
    )
    whole = (order.prompt, shaping, left_out) if left_out else (order.prompt, shaping)
    payload = msgspec.json.encode(whole, order="deterministic")
    return hashlib.sha256(payload).hexdigest()


def prompt_hash(prompt: Prompt) -> str:
    """Return a hash of the prompt's messages alone, by which the same prompt is known whatever was done with it."""
    return hashlib.sha256(msgspec.json.encode(prompt)).hexdigest()
