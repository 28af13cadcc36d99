"""What the form sends, and what it means."""

from msgspec import Struct

from refrase.core.prompt import prompt_from_text
from refrase.core.rewrite import EngineChoice, Mode, Order, Rewrite


class RewriteForm(Struct):
    """The fields of the form. Unknown ones are let through: the CSRF token is among them."""

    prompt: str = ""
    target: str = ""
    mode: Mode = Mode.CONSERVATIVE
    engine: EngineChoice = EngineChoice.MODEL
    fresh: str = ""


def order_from_form(form: RewriteForm, default_target: str) -> Order:
    r"""Return what the form orders. Browsers send every line end as `\r\n`, whatever was pasted; it becomes `\n`."""
    return Order(
        prompt=prompt_from_text(form.prompt.replace("\r\n", "\n")),
        target=form.target or default_target,
        engine=form.engine,
        mode=form.mode,
        is_fresh=bool(form.fresh),
    )


def form_from_rewrite(rewrite: Rewrite) -> RewriteForm:
    """Return the form as it was filled in for *rewrite*, so that it can be changed and asked anew."""
    provenance = rewrite.provenance
    return RewriteForm(
        prompt="\n\n".join(rewrite.before.texts),
        target=provenance.target,
        mode=provenance.mode,
        engine=provenance.engine,
        fresh="true",
    )
