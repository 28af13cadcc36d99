"""When are two requests the same? The hash that finds a rewrite that was already paid for."""

import hashlib

import msgspec

from refrase.core.rewrite import Order, Provenance


def fingerprint_of(order: Order, provenance: Provenance) -> str:
    """Return a hash over the prompt's bytes and everything that shapes its rewrite.

    Guide and template versions are in it, so a changed guide or template asks anew; the program's version is
    not, so an upgrade alone pays for nothing twice. Nor is the limit of the reply: a reply that reached it failed,
    and whoever raises it for that one prompt must not pay for all the others again.
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
    payload = msgspec.json.encode((order.prompt, shaping), order="deterministic")
    return hashlib.sha256(payload).hexdigest()
