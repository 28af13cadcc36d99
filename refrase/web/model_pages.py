"""The pages about models: guides, a model, two side by side, search over all rules; and the same as plain Markdown."""

from enum import StrEnum
from typing import Annotated, Any, TypeVar
from urllib.parse import quote

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Redirect, Template

from refrase.bootstrap import Services
from refrase.core.guide import RuleKind, SourceKind
from refrase.core.rule_search import CheckWish, RuleQuery, search_rules
from refrase.core.target import Target
from refrase.engine.providers import read_endpoints
from refrase.errors import EngineNotConfigured, GuideNotFound, TargetNotFound
from refrase.web.comparison import compare
from refrase.web.examples import read_examples
from refrase.web.model_view import line_from_guide, view_from_target
from refrase.web.plain import etag_of, plain_response, render_plain

_PAGE_SIZE = 50
_MARKDOWN = "text/markdown"  # Litestar adds the charset
_ENDPOINTS = read_endpoints()

PlainRequest = Request[Any, Any, Any]
Kind = TypeVar("Kind", bound=StrEnum)


class ModelController(Controller):
    """Everything a person or a program reads about target models. The guidebook is asked anew at each request."""

    include_in_schema = False

    @get("/guides", name="guides")
    async def guides(self, services: NamedDependency[Services]) -> Template:
        """List the guides and their models."""
        lines = [line_from_guide(guide) for guide in services.guidebook.guides]
        return Template("guides.html.j2", context={"lines": lines})

    @get("/models", name="models")
    async def models(self) -> Redirect:
        """Lead to the list: models stand under their guides."""
        return Redirect("/guides", status_code=302)

    @get("/guides/{name:str}", name="guide")
    async def guide(
        self, request: PlainRequest, name: FromPath[str], services: NamedDependency[Services]
    ) -> Response[Any]:
        """Show a guide as a page or, with `.md`, its file."""
        guide = services.guidebook.get_guide(name.removesuffix(".md"))
        if name.endswith(".md"):
            return plain_response(request, guide.markdown, etag=guide.version, media_type=_MARKDOWN)
        return Template("guide.html.j2", context={"guide": guide})

    @get("/models/{name:path}", name="model")
    async def model(
        self, request: PlainRequest, name: FromPath[str], services: NamedDependency[Services]
    ) -> Response[Any]:
        """Show a model as a page or, with `.md`, its part of the guide. Another name of it leads to its id."""
        asked = name.strip("/")
        suffix = ".md" if asked.endswith(".md") else ""
        target = _target(services, asked.removesuffix(suffix))
        if asked != f"{target.id}{suffix}":
            return Redirect(f"/models/{quote(target.id)}{suffix}", status_code=302)
        view = view_from_target(target, services.providers, _ENDPOINTS)
        if suffix:
            text = render_plain(request, "model.md.j2", view=view)
            return plain_response(request, text, etag=etag_of(target.guide.version, text), media_type=_MARKDOWN)
        context = {
            "view": view,
            "examples": read_examples(),
            "missing": isinstance(services.engine, EngineNotConfigured),
            "targets": services.guidebook.targets,
        }
        return Template("model.html.j2", context=context)

    @get("/compare", name="compare")
    async def compare(
        self, services: NamedDependency[Services], a: FromQuery[str] = "", b: FromQuery[str] = ""
    ) -> Template:
        """Show two models side by side; without both, the choice alone."""
        chosen = [_target(services, name) if name else None for name in (a, b)]
        first, second = chosen
        context = {
            "guides": services.guidebook.guides,
            "a": first,
            "b": second,
            "view": compare(first, second) if first and second else None,
        }
        return Template("compare.html.j2", context=context)

    @get("/rules", name="rules")
    async def rules(
        self,
        services: NamedDependency[Services],
        q: Annotated[str, QueryParameter(max_length=500)] = "",
        family: FromQuery[str] = "",
        section: FromQuery[str] = "",
        check: FromQuery[str] = "",
        source: FromQuery[str] = "",
        page: Annotated[int, QueryParameter(ge=1, le=10_000)] = 1,
    ) -> Template:
        """Search the rules of all guides. A filter that does not exist lets everything through."""
        query = RuleQuery(q, family, _known(RuleKind, section), _known(CheckWish, check), _known(SourceKind, source))
        found = search_rules(services.guidebook.guides, query)
        start = (page - 1) * _PAGE_SIZE
        context = {
            "guides": services.guidebook.guides,
            "query": query,
            "found": found[start : start + _PAGE_SIZE],
            "count": len(found),
            "start": start,
            "page": page,
            "has_more": start + _PAGE_SIZE < len(found),
        }
        return Template("rules.html.j2", context=context)

    @get("/llms.txt", name="llms")
    async def llms(self, request: PlainRequest, services: NamedDependency[Services]) -> Response[Any]:
        """List what programs can read, in the convention of llms.txt."""
        lines = [line_from_guide(guide) for guide in services.guidebook.guides]
        text = render_plain(request, "llms.txt.j2", lines=lines)
        return plain_response(request, text, etag=etag_of("", text), media_type="text/plain")


def _target(services: Services, name: str) -> Target:
    """Return the target of that name. Raises GuideNotFound: what an address names and is not there is a 404."""
    try:
        return services.guidebook.get_target(name)
    except TargetNotFound as error:
        raise GuideNotFound(error.detail) from None


def _known(kind: type[Kind], value: str) -> Kind | None:
    return kind(value) if value in set(kind) else None
