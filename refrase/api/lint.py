"""POST a prompt, get what the guide's checks find in it. No model is asked and nothing is stored."""

from typing import Any

from litestar import Controller, Request, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from refrase.api.problems import problem_responses, require_json
from refrase.api.schemas import LintRequest, LintView, prompt_from_request
from refrase.bootstrap import Services
from refrase.services.linting import Linter
from refrase.services.threads import in_thread_if_long


class LintController(Controller):
    """Linting."""

    path = "/lint"
    tags = ("Checks",)

    @post(
        "/",
        operation_id="CreateLint",
        summary="Lint a prompt",
        status_code=200,
        responses=problem_responses(
            s400="The prompt is empty or no text, or `select` or `ignore` names no rule.",
            s413="The prompt or the body is too large.",
            s415="The body is not JSON.",
            s422="No guide knows the target.",
        ),
    )
    async def create(
        self, request: Request[Any, Any, Any], data: JSONBody[LintRequest], services: NamedDependency[Services]
    ) -> LintView:
        """Lint a prompt: what the checks of the target's guide find, each with its place, its rule and its source.

        Lines and columns count in the message that `message_number` names, `span` in its characters.
        """
        require_json(request)
        prompt = prompt_from_request(data.prompt, data.messages)
        target = services.guidebook.get_target(data.target or services.settings.default_target)
        linter = Linter(
            [target],
            select=data.select,
            ignore=data.ignore,
            max_prompt_bytes=services.settings.max_prompt_bytes,
            all_rule_ids=lambda: frozenset(rule.id for guide in services.guidebook.guides for rule in guide.rules),
        )
        findings = await in_thread_if_long(prompt.characters, linter.lint_prompt, prompt)
        return LintView(target.id, target.guide.id, target.guide.version, findings)
