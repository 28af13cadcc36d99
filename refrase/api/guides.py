"""GET the guides of target models."""

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath

from refrase.api.schemas import GuideSummary, Problem, TargetView
from refrase.bootstrap import Services
from refrase.core.guide import Guide
from refrase.guidebook.book import names_of


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
        responses={404: ResponseSpec(Problem, description="No such guide.", media_type="application/problem+json")},
    )
    async def get_guide(self, guide_id: FromPath[str], services: NamedDependency[Services]) -> Guide:
        """Get a guide by its id, or by any name of a model it knows."""
        return services.guidebook.get_guide(guide_id)


def _summary(guide: Guide) -> GuideSummary:
    return GuideSummary(
        id=guide.id,
        family=guide.family,
        vendor=guide.vendor,
        verified_at=guide.verified_at,
        version=guide.version,
        rules=len(guide.rules),
        targets=tuple(
            TargetView(model.id, model.name, model.context_tokens, names_of(model)) for model in guide.models
        ),
    )
