"""GET the guides of target models, their versions, and POST a prompt to see which rules apply to it."""

from typing import Any

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from refrase.api.problems import problem_responses, require_json
from refrase.api.schemas import AppliesRequest, AppliesView, GuideSummary, TargetView, applies_from_request
from refrase.bootstrap import Services
from refrase.core.applicability import applicability_of
from refrase.core.guide import Guide
from refrase.core.prompt import check_prompt
from refrase.guidebook.book import names_of
from refrase.services.staleness import GuideVersions
from refrase.services.threads import in_thread_if_long


class GuideController(Controller):
    """Guides."""

    path = "/guides"
    tags = ("Guides",)

    @get("/", operation_id="ListGuides", summary="List the guides")
    async def list_guides(self, services: NamedDependency[Services]) -> tuple[GuideSummary, ...]:
        """List every guide with the targets it knows."""
        return tuple(_summary(guide) for guide in services.guidebook.guides)

    @get(
        "/{guide_id:str}",
        operation_id="GetGuide",
        summary="Get a guide",
        responses=problem_responses(s404="No such guide."),
    )
    async def get_guide(self, guide_id: FromPath[str], services: NamedDependency[Services]) -> Guide:
        """Get a guide by its id, or by any name of a model it knows."""
        return services.guidebook.get_guide(guide_id)

    @get(
        "/{guide_id:str}/versions",
        operation_id="GetGuideVersions",
        summary="Get the versions of a guide",
        responses=problem_responses(s404="No such guide."),
    )
    async def get_versions(self, guide_id: FromPath[str], services: NamedDependency[Services]) -> GuideVersions:
        """Get the version in force and those that stored pairs were made by, with their counts."""
        return await services.staleness.versions(guide_id)

    @post(
        "/{target:str}/applies",
        operation_id="GetRulesFor",
        summary="Which rules apply to a prompt?",
        status_code=200,
        responses=problem_responses(
            s400="The prompt is empty.",
            s413="The prompt or the body is too large.",
            s415="The body is not JSON.",
            s422="No guide knows the target.",
        ),
    )
    async def applies(
        self,
        request: Request[Any, Any, Any],
        target: FromPath[str],
        data: JSONBody[AppliesRequest],
        services: NamedDependency[Services],
    ) -> AppliesView:
        """Tell every rule of the target's guide: whether it applies to the prompt, why or why not, what code saw.

        No model is asked and nothing is stored.
        """
        require_json(request)
        known = services.guidebook.get_target(target)
        prompt, terms = applies_from_request(data)
        check_prompt(prompt, max_prompt_bytes=services.settings.max_prompt_bytes)
        rules = await in_thread_if_long(prompt.characters, applicability_of, known, prompt, terms)
        return AppliesView(known.id, known.guide.id, known.guide.version, known.guide.overlays, rules)


def _summary(guide: Guide) -> GuideSummary:
    return GuideSummary(
        id=guide.id,
        family=guide.family,
        vendor=guide.vendor,
        verified_at=guide.verified_at,
        version=guide.version,
        rules=len(guide.rules),
        overlays=guide.overlays,
        targets=tuple(
            TargetView(model.id, model.name, model.context_tokens, names_of(model)) for model in guide.models
        ),
    )
