"""Errors as problems (RFC 9457): application/problem+json with a stable code and what to do next."""

from http import HTTPStatus
from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.openapi.datastructures import ResponseSpec

from refrase.api.schemas import Problem
from refrase.core.rewrite import Rewrite
from refrase.errors import RefraseError, code_of, status_of

_CODES = {
    400: "request_invalid",
    401: "not_authenticated",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    415: "content_type_unsupported",
}
_HINTS = {
    400: "The form of every request is told at /api/docs.",
    404: "The API's paths are listed at /api/docs.",
    413: "Split the prompt, or raise REFRASE_MAX_PROMPT_BYTES.",
    415: "Send the body as JSON, with the header Content-Type: application/json.",
}


def problem_from_error(error: Exception, *, rewrite: Rewrite | None = None) -> Problem:
    """Return what is told of *error*; of one that nobody foresaw nothing but that it was logged."""
    if isinstance(error, RefraseError):
        return _problem(
            status_of(error), error.detail, code_of(error), error.hint, rewrite_id=rewrite.id if rewrite else ""
        )
    if isinstance(error, HTTPException):
        status = error.status_code
        code = _CODES.get(status, "request_invalid" if status < 500 else "internal_error")
        return _problem(status, error.detail, code, _HINTS.get(status, ""), errors=_errors(error.extra))
    return _problem(500, "Something went wrong that Refrase did not foresee; it was logged.", "internal_error", "")


def problem_response(problem: Problem, headers: dict[str, str] | None = None) -> Response[Problem]:
    """Return the response that carries *problem*."""
    return Response(problem, status_code=problem.status, media_type="application/problem+json", headers=headers)


def _problem(status: int, detail: str, code: str, hint: str, **more: Any) -> Problem:
    title = HTTPStatus(status).phrase
    return Problem(type="about:blank", title=title, status=status, detail=detail, code=code, hint=hint, **more)


def _errors(extra: Any) -> tuple[dict[str, str], ...]:
    """Return what is wrong with which field of a request."""
    if not isinstance(extra, list):
        return ()
    return tuple({str(key): str(value) for key, value in item.items()} for item in extra if isinstance(item, dict))


def problem_responses(**told: str) -> dict[int, ResponseSpec]:
    """Return the problems that a handler documents: by status (`s404`), what each means."""
    return {
        int(status.removeprefix("s")): ResponseSpec(Problem, description=text, media_type="application/problem+json")
        for status, text in told.items()
    }


def require_json(request: Request[Any, Any, Any]) -> None:
    """Refuse a body of another type: a page elsewhere can send any but JSON without asking first."""
    if request.content_type[0] != "application/json":
        raise HTTPException(status_code=415, detail="The body must be JSON.")
