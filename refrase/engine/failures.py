"""What the SDK raises and what providers send instead of a reply, each turned into a Failure."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2

from refrase.core.engine import Failure, FailureKind

_BY_STATUS = {
    401: FailureKind.WRONG_KEY,
    402: FailureKind.QUOTA_SPENT,
    408: FailureKind.TIMEOUT,
    409: FailureKind.TRANSIENT,
    429: FailureKind.RATE_LIMITED,
    499: FailureKind.TRANSIENT,
    503: FailureKind.OVERLOADED,
    504: FailureKind.TIMEOUT,
    529: FailureKind.OVERLOADED,
}
# Words in an error's type, code or message that say more than its status. The first match wins.
_BY_WORD = (
    (re.compile(r"content_filter|moderation|flagged", re.IGNORECASE), FailureKind.FILTERED),
    (
        re.compile(r"exceeded_current_quota|insufficient_quota|insufficient.credits", re.IGNORECASE),
        FailureKind.QUOTA_SPENT,
    ),
    (re.compile(r"engine_overloaded|overloaded_error", re.IGNORECASE), FailureKind.OVERLOADED),
    (re.compile(r"context.length|maximum context|too many tokens", re.IGNORECASE), FailureKind.REFUSED),
)
_KEY_LIKE = re.compile(r"\b(?:sk|key|pk|or)-[A-Za-z0-9_-]{6,}")
_LONGEST_MESSAGE = 500
# Of a page, such as a gateway’s, its title is told, else so much of its text.
_LONGEST_PAGE = 200
_TITLE = re.compile(r"<title>([^<]{1,200})", re.IGNORECASE)
_TAG = re.compile(r"<[^>]{1,500}>")
# “12”, “1m3.5s”, “850ms”; a larger number is a point in time that we do not guess at.
_DURATION = re.compile(r"(?:(\d{1,3})m(?!s))?(?:(\d{1,4}(?:\.\d{1,6})?)s?)?(?:(\d{1,6})ms)?")
_LONGEST_REST_SECONDS = 120.0


def failure_from_exception(error: Any, key: str | None = None) -> Failure:
    """Return what *error*, raised by the SDK or below it, means. A key in its text is masked."""
    if isinstance(error, TimeoutError | httpx2.TimeoutException) or _is(error, "APITimeoutError"):
        return Failure(FailureKind.TIMEOUT, "The provider did not answer in time.")
    if _is(error, "APIStatusError"):
        return _failure_from_status(error, key)
    if isinstance(error, httpx2.TransportError) or _is(error, "APIConnectionError"):
        cause = error.__cause__ or error
        detail = masked(str(cause) or type(cause).__name__, key)
        return Failure(FailureKind.UNREACHABLE, f"The provider cannot be reached: {detail}")
    if _is(error, "APIError"):  # an error object inside a stream
        body = error.body if isinstance(error.body, Mapping) else {"message": error.message}
        return failure_from_body(body, None, {}, key)
    if isinstance(error, json.JSONDecodeError):
        return Failure(FailureKind.MALFORMED, "The provider sent something that is not JSON.")
    # Nothing known raises anything else; trying the same again would not help.
    return Failure(FailureKind.MALFORMED, masked(f"The call broke: {type(error).__name__}: {error}", key))


def failure_from_body(
    body: Mapping[str, Any], status: int | None, headers: Mapping[str, str], key: str | None = None
) -> Failure:
    """Return what an error object means: `{"message": …, "code": …, "type": …, "metadata": …}`.

    Providers put the HTTP status into `code` when the error comes inside a reply with status 200.
    """
    inner = body.get("error")
    error = inner if isinstance(inner, Mapping) else body
    code = error.get("code")
    if status is None and isinstance(code, int) and 400 <= code < 600:
        status = code
    said = masked(_said(error), key)
    words = f"{error.get('type')} {code} {json.dumps(error.get('metadata'), default=str)} {said}"
    kind = next((kind for pattern, kind in _BY_WORD if pattern.search(words)), None)
    if kind is None:
        kind = _BY_STATUS.get(status or 0) or (
            FailureKind.REFUSED if 400 <= (status or 0) < 500 else FailureKind.TRANSIENT
        )
    told = f" ({status})" if status else ""
    return Failure(
        kind, f"The provider said{told}: {said}", status, _retry_after_seconds(error, headers), _may_retry(error)
    )


def _failure_from_status(error: Any, key: str | None) -> Failure:
    status, headers = error.status_code, error.response.headers
    if not 300 <= status < 400:
        return failure_from_body(_body_of(error), status, headers, key)
    # Prompts and keys go where the user sends them and nowhere else, so no call follows.
    where = masked(headers.get("location", "").partition("?")[0], key) or "another address"
    told = f"The provider sends calls on to {where} ({status}); nothing was sent there."
    return Failure(FailureKind.REFUSED, told, status)


def _body_of(error: Any) -> Mapping[str, Any]:
    """Return the body under an error status: an object, alone or in a list, or the words of a page or a text."""
    body = error.body[0] if isinstance(error.body, list) and error.body else error.body
    if isinstance(body, Mapping):
        return body
    page = body if isinstance(body, str) else ""
    title = _TITLE.search(page)
    words = title[1] if title else _TAG.sub(" ", page)
    return {"message": " ".join(words.split())[:_LONGEST_PAGE] or error.response.reason_phrase}


def _is(error: Any, name: str) -> bool:
    """Return whether an SDK raised *error* as its class *name*. Both SDKs share names and shapes, one is an extra."""
    return any(kind.__name__ == name for kind in type(error).__mro__)


def masked(text: str, key: str | None) -> str:
    """Return *text* without the key, and without anything that looks like one."""
    if key:
        text = text.replace(key, "[key]")
    return _KEY_LIKE.sub("[key]", text)[:_LONGEST_MESSAGE]


def holds_key(text: str, key: str | None) -> bool:
    """Return whether *text* holds the key, or something that looks like one."""
    return bool(key and key in text) or _KEY_LIKE.search(text) is not None


def rest_seconds(headers: Mapping[str, str]) -> float | None:
    """Return how long no further request is allowed, where a reply's headers say that none is left."""
    for suffix in ("", "-requests", "-tokens"):
        if headers.get(f"x-ratelimit-remaining{suffix}") == "0":
            told = headers.get(f"x-ratelimit-reset{suffix}", "")
            match = _DURATION.fullmatch(told)
            if match and any(match.groups()):
                minutes, seconds, milliseconds = (float(part or 0) for part in match.groups())
                rest = minutes * 60 + seconds + milliseconds / 1000
                return rest if rest <= _LONGEST_REST_SECONDS else None
    return None


def _may_retry(error: Mapping[str, Any]) -> bool | None:
    availability = error.get("availability")
    told = availability.get("retryable") if isinstance(availability, Mapping) else None
    return told if isinstance(told, bool) else None


def _said(error: Mapping[str, Any]) -> str:
    message = str(error.get("message") or error.get("detail") or "nothing")
    metadata = error.get("metadata")
    raw = metadata.get("raw") if isinstance(metadata, Mapping) else None
    return " ".join(f"{message} {raw or ''}".split())


def _retry_after_seconds(error: Mapping[str, Any], headers: Mapping[str, str]) -> float | None:
    availability = error.get("availability")
    told = availability.get("retry_after") if isinstance(availability, Mapping) else None
    value = str(told if told is not None else headers.get("retry-after") or "")
    if re.fullmatch(r"\d{1,6}(\.\d{1,6})?", value):
        return float(value)
    try:
        wait = parsedate_to_datetime(value) - datetime.now(UTC)
    except (TypeError, ValueError):
        return None
    return max(0.0, wait.total_seconds())
