"""Guides as plain text for programs: with a validator, so that a copy is fetched again only where it changed."""

import hashlib
from typing import Any

from litestar import Request, Response

# A copy may be used for this long without asking; afterwards the validator answers whether it still holds.
_CACHE = "public, max-age=300, must-revalidate"


def plain_response(request: Request[Any, Any, Any], text: str, *, etag: str, media_type: str) -> Response[Any]:
    """Return *text*, or 304 without a body where the caller's copy carries *etag* already."""
    headers = {"ETag": f'"{etag}"', "Cache-Control": _CACHE}
    held = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
    if held & {f'"{etag}"', "*"}:
        return Response(None, status_code=304, headers=headers)
    return Response(text, media_type=media_type, headers=headers)


def etag_of(version: str, text: str) -> str:
    """Return a tag of the guide's *version* and of *text*, which also changes with how Refrase puts it."""
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    return f"{version}-{digest}" if version else digest


def render_plain(request: Request[Any, Any, Any], template: str, **context: Any) -> str:
    """Return a template of plain text, rendered."""
    environment = request.app.template_engine.engine  # type: ignore[union-attr]
    return str(environment.get_template(template).render(**context))
