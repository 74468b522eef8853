"""How events are logged."""

from __future__ import annotations

import logging
import sys

import structlog
from structlog.typing import EventDict

from fedserver.config import LogConfig

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def escape_unprintable(_logger: object, _name: str, event: EventDict) -> EventDict:
    """Return an event whose texts write what cannot be printed as escapes (a processor of structlog).

    Peers choose some of these texts: a line end would begin a line of theirs, an escape sequence would write
    into the terminal of the admin, a direction mark would show the text backwards.
    """
    return {name: _escape(value) if isinstance(value, str) else value for name, value in event.items()}


def _escape(text: str) -> str:
    # guard: control characters in the log @true
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


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
            *([] if settings.format == "json" else [escape_unprintable]),  # JSON escapes by itself
            structlog.processors.format_exc_info
            if settings.format == "json"
            else structlog.processors.StackInfoRenderer(),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[settings.level]),
    )
