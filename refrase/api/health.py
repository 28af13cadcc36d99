"""Signs of life for whoever runs the service."""

from litestar import Response, get
from litestar.di import NamedDependency

from refrase.api.schemas import Health
from refrase.bootstrap import Services
from refrase.errors import EngineNotConfigured


@get("/health/live", operation_id="HealthLive", tags=["Health"], summary="Is the process alive?")
async def live() -> dict[str, str]:
    """Answer that the process is alive."""
    return {"status": "ok"}


@get("/health/ready", operation_id="HealthReady", tags=["Health"], summary="Is the service fit to work?")
async def ready(services: NamedDependency[Services]) -> Response[Health]:
    """Answer 200 where every part works, else 503 with what is wrong. A missing key is told, but is no fault."""
    parts = await services.health.check()
    is_ready = all(said == "ok" for said in parts.values())
    engine = services.engine
    name = "not configured" if isinstance(engine, EngineNotConfigured) else engine.identity.provider
    health = Health("ok" if is_ready else "unfit", parts, name, services.guides.faults)
    return Response(health, status_code=200 if is_ready else 503)
