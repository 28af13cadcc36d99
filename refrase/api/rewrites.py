"""POST a prompt, GET what became of it."""

from typing import Annotated, Any

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from refrase.api.problems import problem_from_error, problem_response, problem_responses, require_json
from refrase.api.schemas import RewritePage, RewriteRequest, order_from_request
from refrase.api.stream import event_stream
from refrase.bootstrap import Services
from refrase.core.attempt import Attempt
from refrase.core.engine import failure_error
from refrase.core.rewrite import Outcome, Rewrite
from refrase.errors import EngineNotConfigured
from refrase.storage.rewrites import Query


class RewriteController(Controller):
    """Rewrites."""

    path = "/rewrites"
    tags = ("Rewrites",)

    @post(
        "/",
        operation_id="CreateRewrite",
        summary="Rewrite a prompt",
        responses=problem_responses(
            s400="The request is not valid, or the prompt is empty or no text.",
            s413="The prompt or the body is too large.",
            s415="The body is not JSON.",
            s422="No guide knows the target.",
            s502="The engine's provider refused or broke off; the pair is stored as failed.",
            s503="No engine is configured, or it or the database is busy.",
            s504="The engine did not answer in time.",
        ),
    )
    async def create(
        self, request: Request[Any, Any, Any], data: JSONBody[RewriteRequest], services: NamedDependency[Services]
    ) -> Response[Any]:
        """Rewrite a prompt and answer with the whole result.

        With `Accept: text/event-stream` the answer is the same as events while it is written: started, text or
        edit, queued (the call waits for its turn at the provider), waiting (a call failed and is made again),
        repairing, and last finished or failed. A client that leaves cancels nothing.
        """
        require_json(request)
        order = order_from_request(data, services.settings.default_target)
        try:
            job = await services.watching.start(order)
        except EngineNotConfigured as error:
            hint = f'{error.hint} For mechanical fixes only, send "engine": "offline".'
            raise EngineNotConfigured(error.detail, hint=hint) from None
        if "text/event-stream" in request.headers.get("accept", ""):
            return event_stream(job)
        rewrite = await job.result()
        location = {"Location": f"/api/v1/rewrites/{rewrite.id}"}
        if rewrite.outcome is Outcome.FAILED:
            return problem_response(problem_from_error(failure_error(rewrite), rewrite=rewrite), location)
        return Response(rewrite, status_code=201, headers=location)

    @get("/", operation_id="ListRewrites", summary="List stored pairs")
    async def list_pairs(
        self,
        services: NamedDependency[Services],
        q: Annotated[str, QueryParameter(description="Only pairs with this text.", max_length=500)] = "",
        outcome: FromQuery[Outcome | None] = None,
        target: FromQuery[str] = "",
        cursor: FromQuery[str] = "",
        limit: Annotated[int, QueryParameter(ge=1, le=200)] = 20,
    ) -> RewritePage:
        """List stored pairs, the newest first."""
        query = Query(text=q, outcome=outcome or "", target=target)
        page = await services.history.get_page(query, limit=limit, cursor=cursor)
        return RewritePage(page.items, page.next_cursor)

    @get(
        "/{rewrite_id:str}",
        operation_id="GetRewrite",
        summary="Get a stored pair",
        responses=problem_responses(s404="There is no such pair."),
    )
    async def get_pair(self, rewrite_id: FromPath[str], services: NamedDependency[Services]) -> Rewrite:
        """Get a stored pair; its outcome is `running` while the engine is at work."""
        rewrite, _ = await services.history.get(rewrite_id)
        return rewrite

    @get(
        "/{rewrite_id:str}/attempts",
        operation_id="ListAttempts",
        summary="List the calls behind a pair",
        responses=problem_responses(s404="There is no such pair."),
    )
    async def list_attempts(
        self, rewrite_id: FromPath[str], services: NamedDependency[Services]
    ) -> tuple[Attempt, ...]:
        """List the calls that were made for a pair, with the engine's raw replies."""
        _, attempts = await services.history.get(rewrite_id)
        return attempts
