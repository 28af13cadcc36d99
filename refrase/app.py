"""The web application: three faces of one core, put together by one plugin."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import structlog
from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import Litestar, Request, Response, Router
from litestar.config.app import AppConfig
from litestar.config.csrf import CSRFConfig
from litestar.datastructures import CacheControlHeader, MutableScopeHeaders, State
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.openapi import OpenAPIConfig
from litestar.plugins import InitPlugin
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.static_files import create_static_files_router
from litestar.template import TemplateConfig
from litestar.types import Message, Scope

from refrase.api.checks import CheckController
from refrase.api.docs import DocsPage
from refrase.api.guides import GuideController
from refrase.api.health import live, ready
from refrase.api.lint import LintController
from refrase.api.problems import problem_from_error, problem_response
from refrase.api.rewrites import RewriteController
from refrase.bootstrap import Services, form_secret, open_services, settings_from_environment
from refrase.errors import RefraseError
from refrase.logs import configure_logs
from refrase.middleware import HostCheck, RequestLog
from refrase.settings import Settings
from refrase.web import filters
from refrase.web.faces import error_page
from refrase.web.model_pages import ModelController
from refrase.web.pages import PageController

_STATIC = Path(__file__).parent / "web" / "static"
# Escapes of JSON and percent signs of forms can make a body several times the prompt.
_BODY_FACTOR = 4
_BODY_ROOM_BYTES = 65_536

_POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
_HEADERS = {
    "content-security-policy": f"{_POLICY}; img-src 'self' data:",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
}
# Swagger UI writes styles into its elements.
_DOCS_PATH = "/api/docs"
_DOCS_POLICY = f"{_POLICY}; img-src 'self' data:; style-src 'self' 'unsafe-inline'"


class RefrasePlugin(InitPlugin):
    """Adds everything of Refrase to a Litestar application; *parts* replace what bootstrap would build."""

    def __init__(self, settings: Settings, **parts: Any) -> None:
        self._settings = settings
        self._parts = parts

    def on_app_init(self, app_config: AppConfig) -> AppConfig:
        """Configure the application."""
        settings = self._settings
        # Stated per router: Litestar 2.25 does not read it from the configuration of a plugin.
        most_bytes = settings.max_prompt_bytes * _BODY_FACTOR + _BODY_ROOM_BYTES
        app_config.lifespan.append(self._lifespan)
        app_config.dependencies["services"] = Provide(_services)
        app_config.route_handlers += [
            Router(
                "/api/v1",
                route_handlers=[RewriteController, CheckController, LintController, GuideController],
                opt={"exclude_from_csrf": True},
                request_max_body_size=most_bytes,
            ),
            Router("/", route_handlers=[PageController, ModelController], request_max_body_size=most_bytes),
            live,
            ready,
            create_static_files_router(
                "/static", [_STATIC], cache_control=CacheControlHeader(max_age=3600), include_in_schema=False
            ),
        ]
        app_config.middleware += [HostCheck(settings), RequestLog()]
        app_config.exception_handlers[RefraseError] = _show_error
        app_config.exception_handlers[HTTPException] = _show_error
        app_config.exception_handlers[Exception] = _show_unforeseen
        app_config.before_send.append(_secure)
        app_config.csrf_config = CSRFConfig(
            secret=form_secret(settings), cookie_name="refrase_form", exclude_from_csrf_key="exclude_from_csrf"
        )
        app_config.template_config = TemplateConfig(instance=JinjaTemplateEngine.from_environment(_environment()))
        app_config.openapi_config = OpenAPIConfig(
            title="Refrase",
            version="1",
            description="Rewrites prompts for a named target model, by that model's own guide.",
            path=_DOCS_PATH,
            render_plugins=[DocsPage()],
            use_handler_docstrings=True,
        )
        app_config.logging_config = None
        return app_config

    @asynccontextmanager
    async def _lifespan(self, app: Litestar) -> AsyncIterator[None]:
        async with open_services(self._settings, **self._parts) as services:
            app.state.services = services
            yield


def create_app(settings: Settings | None = None, **parts: Any) -> Litestar:
    """Return the application. Without *settings* they are read from the environment, as a server's factory needs."""
    settings = settings or settings_from_environment()
    configure_logs(settings.log_level)
    return Litestar(plugins=[RefrasePlugin(settings, **parts)])


async def _services(state: State) -> Services:
    """Return the services, with guides that are a second old at most."""
    services: Services = state.services
    reload = await services.guides.refresh()
    if reload is not None:
        log = structlog.get_logger()
        log.info("guides_reloaded", changed=reload.changed)
        for fault in reload.faults:
            log.error("guide_broken", fault=fault, in_its_place="its last state without a fault")
    return services


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("refrase.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters.register(environment)
    return environment


def _show_error(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Show an error as a page to browsers and as a problem to everyone else."""
    if _wants_page(request):
        return error_page(error)
    return problem_response(problem_from_error(error), getattr(error, "headers", None))


def _show_unforeseen(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    structlog.get_logger().error("unforeseen", path=request.url.path, exc_info=error)
    return _show_error(request, error)


def _wants_page(request: Request[Any, Any, Any]) -> bool:
    path = request.url.path
    return not path.startswith(("/api/", "/health/")) and "text/html" in request.headers.get("accept", "")


async def _secure(message: Message, scope: Scope) -> None:
    """Put the security headers on every response, errors and files included."""
    if message["type"] == "http.response.start":
        headers = MutableScopeHeaders.from_message(message)
        for name, value in _HEADERS.items():
            headers[name] = value
        if scope["path"] == _DOCS_PATH:
            headers["content-security-policy"] = _DOCS_POLICY
