"""POST two prompts, get what the gate says of them. No model is asked and nothing is stored."""

from typing import Any

from litestar import Controller, Request, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from refrase.api.problems import problem_responses, require_json
from refrase.api.schemas import CheckRequest, CheckView, check_from_request
from refrase.bootstrap import Services
from refrase.core.rewrite import blocks


class CheckController(Controller):
    """Checks."""

    path = "/checks"
    tags = ("Checks",)

    @post(
        "/",
        operation_id="CreateCheck",
        summary="Compare a prompt with its original",
        status_code=200,
        responses=problem_responses(
            s400="A prompt is empty, or they are not the same messages.",
            s413="A prompt or the body is too large.",
            s415="The body is not JSON.",
        ),
    )
    async def create(
        self, request: Request[Any, Any, Any], data: JSONBody[CheckRequest], services: NamedDependency[Services]
    ) -> CheckView:
        """Compare a prompt with its original: what was lost, invented, changed or moved, and where sentences went."""
        require_json(request)
        before, after, mode, terms = check_from_request(data)
        seen = await services.checker.check(before, after, mode=mode, terms=terms)
        return CheckView(blocks(seen.findings), seen.findings, seen.ledger)
