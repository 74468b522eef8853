"""How events are logged."""

from __future__ import annotations

import logging
import sys

import structlog

from fedserver.config import LogConfig

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def configure_log(settings: LogConfig) -> None:
    """Log one line per event, for people or as JSON."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if settings.format == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stdout.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    logging.basicConfig(level=LEVELS[settings.level], format="%(message)s")
    for noisy in ("asyncio", "aiosqlite", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info
            if settings.format == "json"
            else structlog.processors.StackInfoRenderer(),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[settings.level]),
    )
