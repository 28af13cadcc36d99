"""The pages: the form, a rewrite, the history."""

import asyncio
from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter, URLEncodedBody
from litestar.response import Redirect, ServerSentEvent, Template

from refrase.bootstrap import Services
from refrase.core.request import hide_secrets
from refrase.core.rewrite import EngineChoice, Mode, Outcome, Rewrite
from refrase.errors import BadInput, EngineNotConfigured, RefraseError, status_of
from refrase.storage.rewrites import Query
from refrase.web.examples import get_example, read_examples
from refrase.web.forms import RewriteForm, form_from_rewrite, order_from_form
from refrase.web.fragments import fragment_stream
from refrase.web.result import ResultView, view_from_rewrite

_PAGE_SIZE = 25


class PageController(Controller):
    """Everything a person sees."""

    include_in_schema = False

    @get("/", name="home")
    async def home(
        self,
        services: NamedDependency[Services],
        target: FromQuery[str] = "",
        pair: FromQuery[str] = "",
        example: FromQuery[str] = "",
    ) -> Template:
        """Show the form: empty, with an example, or with what a stored pair was asked with, to ask it anew."""
        if not pair:
            try:
                prompt = get_example(example).prompt if example else ""
            except BadInput as error:
                return _form_page(services, RewriteForm(target=target), error)
            return _form_page(services, RewriteForm(prompt=prompt, target=target))
        rewrite, _ = await services.history.get(pair)
        return _form_page(services, form_from_rewrite(rewrite))

    @post("/rewrites", name="create")
    async def create(self, data: URLEncodedBody[RewriteForm], services: NamedDependency[Services]) -> Response[Any]:
        """Start a rewrite and lead to its page; a prompt that cannot be taken comes back with the reason."""
        try:
            job = await services.watching.start(order_from_form(data, services.settings.default_target))
            rewrite_id = await services.watching.register(job)
        except (BadInput, EngineNotConfigured) as error:
            return _form_page(services, data, error)
        done = await job.result() if job.task.done() else None
        is_reused = done is not None and done.is_reused
        if done is not None and is_reused and data.call.strip():
            # The text was written before; the request is for the call of this caller, and stands on no page of its own.
            return await _result_page(services, done)
        return Redirect(f"/rewrites/{rewrite_id}{'?again=true' if is_reused else ''}", status_code=303)

    @get("/rewrites/{rewrite_id:str}", name="rewrite")
    async def show(
        self, rewrite_id: FromPath[str], services: NamedDependency[Services], again: FromQuery[bool] = False
    ) -> Template:
        """Show a rewrite: its result, or how it is being written. *again* says that an earlier one answers."""
        rewrite, _ = await services.history.get(rewrite_id)
        return await _result_page(services, msgspec.structs.replace(rewrite, is_reused=again))

    @get("/rewrites/{rewrite_id:str}/events", name="events")
    async def events(
        self, request: Request[Any, Any, Any], rewrite_id: FromPath[str], services: NamedDependency[Services]
    ) -> ServerSentEvent:
        """Stream a rewrite as fragments of its page."""
        environment = request.app.template_engine.engine  # type: ignore[union-attr]

        async def finished() -> str:
            rewrite, _ = await services.history.get(rewrite_id)
            template = environment.get_template("_result.html.j2")
            return str(template.render(rewrite=rewrite, view=await _view(services, rewrite)))

        last_seen = request.headers.get("last-event-id", "")
        start = int(last_seen) + 1 if last_seen.isdecimal() else 0
        return fragment_stream(environment, services.watching.find(rewrite_id), finished, start=start)

    @get("/rewrites/{rewrite_id:str}/text", name="text")
    async def text(self, rewrite_id: FromPath[str], services: NamedDependency[Services]) -> Response[str]:
        """Hand out the text alone, to save it."""
        rewrite, _ = await services.history.get(rewrite_id)
        headers = {"Content-Disposition": f'attachment; filename="{rewrite.provenance.target}-{rewrite.id}.txt"'}
        return Response("\n\n".join(rewrite.after.texts), media_type="text/plain; charset=utf-8", headers=headers)

    @get("/history", name="history")
    async def history(
        self,
        services: NamedDependency[Services],
        q: Annotated[str, QueryParameter(max_length=500)] = "",
        outcome: FromQuery[str] = "",
        cursor: FromQuery[str] = "",
    ) -> Template:
        """List the stored pairs."""
        outcome = outcome if outcome in set(Outcome) else ""
        page = await services.history.get_page(Query(text=q, outcome=outcome), limit=_PAGE_SIZE, cursor=cursor)
        context = {"page": page, "q": q, "outcome": outcome, "cursor": cursor, "outcomes": list(Outcome)}
        return Template("history.html.j2", context=context)


def _form_page(services: Services, form: RewriteForm, error: RefraseError | None = None) -> Template:
    engine = services.engine
    missing = engine if isinstance(engine, EngineNotConfigured) else None
    context = {
        "form": msgspec.structs.replace(form, call=hide_secrets(form.call)),
        "error": error,
        "guides": services.guidebook.guides,
        "default_target": services.settings.default_target,
        "modes": list(Mode),
        "engines": list(EngineChoice),
        "examples": read_examples(),
        "missing": missing,
        "identity": None if isinstance(engine, EngineNotConfigured) else engine.identity,
    }
    return Template("home.html.j2", context=context, status_code=status_of(error) if error else 200)


async def _result_page(services: Services, rewrite: Rewrite) -> Template:
    return Template("rewrite.html.j2", context={"rewrite": rewrite, "view": await _view(services, rewrite)})


async def _view(services: Services, rewrite: Rewrite) -> ResultView | None:
    """Return what the page shows, or None while the rewrite is running. Comparing long texts takes a thread."""
    if rewrite.outcome is Outcome.RUNNING:
        return None
    target = services.guidebook.find_target(rewrite.provenance.target)
    return await asyncio.to_thread(view_from_rewrite, rewrite, target)
