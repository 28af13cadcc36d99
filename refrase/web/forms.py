"""What the form sends, and what it means."""

from collections.abc import Iterator

import msgspec
from msgspec import Struct

from refrase.core.prompt import Span, prompt_from_text
from refrase.core.request import call_from_json, read_request
from refrase.core.rewrite import EngineChoice, Mode, Order, Rewrite
from refrase.core.terms import Terms
from refrase.core.tool import tools_from_json
from refrase.errors import OptionInvalid


class RewriteForm(Struct):
    """The fields of the form. Unknown ones are let through: the CSRF token is among them."""

    prompt: str = ""
    target: str = ""
    mode: Mode = Mode.CONSERVATIVE
    engine: EngineChoice = EngineChoice.MODEL
    fresh: str = ""
    accept_warnings: str = ""
    call: str = ""  # the request that calls the prompt today, as JSON
    locks: str = ""  # texts that stay as they are, as a JSON list: what was selected in the form


def order_from_form(form: RewriteForm, default_target: str) -> Order:
    r"""Return what the form orders. Browsers send every line end as `\r\n`, whatever was pasted; it becomes `\n`.

    Raises OptionInvalid and CallInvalid.
    """
    today = read_request(form.call, "The request of today") if form.call.strip() else {}
    return Order(
        prompt=prompt_from_text(form.prompt.replace("\r\n", "\n")),
        target=form.target or default_target,
        engine=form.engine,
        mode=form.mode,
        is_fresh=bool(form.fresh),
        terms=Terms(tools=tools_from_json(today["tools"]) if today.get("tools") else None),
        call=call_from_json(today) if today else None,
        locks=tuple(_spans(form)),
        accepts_warnings=bool(form.accept_warnings),
    )


def _spans(form: RewriteForm) -> Iterator[Span]:
    """Yield every place of the texts that the form locks. Raises OptionInvalid where one is not there any more."""
    prompt = form.prompt.replace("\r\n", "\n")
    try:
        texts = msgspec.json.decode(form.locks or "[]", type=list[str])
    except msgspec.MsgspecError:
        raise OptionInvalid("The form's list of locked texts cannot be read.", hint="Reload the form.") from None
    for text in texts:
        plain = text.replace("\r\n", "\n")
        position = prompt.find(plain) if plain else -1
        if position < 0:
            shown = " ".join(plain.split())[:60]
            raise OptionInvalid(f"The locked text “{shown}” does not stand in the prompt any more.", hint="Unlock it.")
        while position >= 0:
            yield Span(position, position + len(plain))
            position = prompt.find(plain, position + len(plain))


def form_from_rewrite(rewrite: Rewrite) -> RewriteForm:
    """Return the form as it was filled in for *rewrite*, so that it can be changed and asked anew."""
    provenance = rewrite.provenance
    locked = [rewrite.before.texts[span.message][span.start : span.end] for span in rewrite.conditions.locks]
    return RewriteForm(
        prompt="\n\n".join(rewrite.before.texts),
        target=provenance.target,
        mode=provenance.mode,
        engine=provenance.engine,
        call=_call_of(rewrite),
        fresh="true",
        accept_warnings="true" if rewrite.conditions.accepts_warnings else "",
        locks=msgspec.json.encode(list(dict.fromkeys(locked))).decode() if locked else "",
    )


def _call_of(rewrite: Rewrite) -> str:
    """Return today's request as it was told for *rewrite*, without what was never stored of it."""
    today = {field.name: field.was for field in rewrite.request if field.was is not None}
    return msgspec.json.format(msgspec.json.encode(today)).decode() if today else ""
