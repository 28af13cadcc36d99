"""Errors as pages."""

from http import HTTPStatus

from litestar.exceptions import HTTPException
from litestar.response import Template

from refrase.errors import RefraseError, code_of, status_of

_HINTS = {
    403: "The form was open for too long or came from elsewhere. Go back, copy your text, and reload the form.",
    404: "The address may be mistyped, or what was there is gone.",
    413: "Split the prompt, or raise REFRASE_MAX_PROMPT_BYTES. Your browser's Back button brings your text back.",
}


def error_page(error: Exception) -> Template:
    """Return the page that says what went wrong and what to do."""
    if isinstance(error, RefraseError):
        status, detail, hint, code = status_of(error), error.detail, error.hint, code_of(error)
    elif isinstance(error, HTTPException):
        status, detail, code = error.status_code, error.detail, ""
        hint = _HINTS.get(status, "")
    else:
        status, code = 500, "internal_error"
        detail, hint = "Something went wrong that Refrase did not foresee; it was logged.", ""
    title = HTTPStatus(status).phrase
    context = {"status": status, "title": title, "detail": detail, "hint": hint, "code": code}
    return Template("error.html.j2", context=context, status_code=status)
