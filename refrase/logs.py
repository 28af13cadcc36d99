"""Logs of the service: one line an event, never a prompt, a reply or a key."""

import logging
import sys

import structlog

# These write a line per call, with addresses; the attempts in the database say more.
_CHATTY = ("httpx", "httpx2", "httpcore", "httpcore2", "openai", "alembic", "markdown_it")


def configure_logs(level: str) -> None:
    """Send logs to stderr: readable on a terminal, JSON elsewhere."""
    number = logging.getLevelNamesMapping()[level.upper()]
    is_terminal = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info if not is_terminal else structlog.dev.set_exc_info,
            structlog.dev.ConsoleRenderer() if is_terminal else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
