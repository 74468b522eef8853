"""How events are logged: one line per event, for people or as JSON, also those of libraries."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Sequence
from typing import Any

import click
import structlog
from structlog.typing import EventDict, Processor

from fedserver.config import LogConfig
from fedserver.marked_text import MarkedText
from fedserver.text.locales import gettext, translate

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}
log = structlog.stdlib.get_logger("fedserver.cli")


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
    """Log one line per event, for people or as JSON; also what libraries and Python itself have to say."""
    level = LEVELS[settings.level]
    shared, final = _list_processors(settings)
    structlog.configure(
        processors=[*shared, *final], wrapper_class=structlog.make_filtering_bound_logger(level)
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.addFilter(_shorten_unreadable_request)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            processors=[_add_logger_name, structlog.stdlib.ProcessorFormatter.remove_processors_meta, *final],
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.captureWarnings(True)
    for noisy in ("asyncio", "aiosqlite", "alembic"):
        logging.getLogger(noisy).setLevel(max(level, logging.WARNING))
    if settings.format == "json":
        logging.raiseExceptions = False  # else a record that cannot be formatted writes a traceback as text
        _log_uncaught_exceptions()


def _list_processors(settings: LogConfig) -> tuple[Sequence[Processor], Sequence[Processor]]:
    """Return the processors for events of every origin, and those that make a line of an event."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if settings.format == "json":  # which escapes by itself
        return shared, [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    console = structlog.dev.ConsoleRenderer(
        colors=sys.stdout.isatty(), exception_formatter=structlog.dev.plain_traceback
    )
    return shared, [escape_unprintable, structlog.processors.StackInfoRenderer(), console]


def _add_logger_name(_logger: object, _name: str, event: EventDict) -> EventDict:
    """Add the name of the logger of a library (a processor of structlog)."""
    record = event.get("_record")
    return event if record is None else {**event, "logger": record.name}


def _shorten_unreadable_request(record: logging.LogRecord) -> bool:
    """Make one line of what aiohttp says of bytes that are no HTTP; False where the level excludes it.

    Anyone can cause it, so it is neither an error nor worth a traceback. Who sent it stands in headers
    that could not be read: the address is that of the connection, which may be the proxy's, and says so.
    """
    error = record.exc_info[1] if record.exc_info else None
    # By the name of its module: the supervisor, which logs as well, does without the library.
    if record.name != "aiohttp.server" or type(error).__module__ != "aiohttp.http_exceptions":
        return True
    remote = record.args[0] if isinstance(record.args, tuple) and record.args else ""
    record.msg, record.args, record.exc_info = "request_unreadable", (), None
    record.levelno, record.levelname = logging.INFO, "INFO"
    vars(record).update(
        connection_from=str(remote), reason=" ".join(str(getattr(error, "message", error)).split())[:200]
    )
    return logging.root.level <= logging.INFO


def _log_uncaught_exceptions() -> None:
    """Log what would end as a traceback on standard error, of the program, of threads, of finalizers."""

    def log_uncaught(kind: type[BaseException], error: BaseException, trace: Any) -> None:
        log.critical("uncaught_exception", exc_info=(kind, error, trace))

    def log_uncaught_in_thread(arguments: threading.ExceptHookArgs) -> None:
        error = arguments.exc_value
        thread = arguments.thread.name if arguments.thread else ""
        log.error("uncaught_exception", thread=thread, exc_info=error)

    def log_unraisable(arguments: Any) -> None:
        log.error("unraisable_exception", source=repr(arguments.object)[:200], exc_info=arguments.exc_value)

    sys.excepthook = log_uncaught
    threading.excepthook = log_uncaught_in_thread
    sys.unraisablehook = log_unraisable


def report(settings: LogConfig, event: str, text: str, **fields: Any) -> None:
    """Tell the operator something: as a sentence or, where the log is JSON, as an event with the sentence."""
    if settings.format == "json":
        log.info(event, text=text, **fields)
    else:
        click.echo(text)


def report_warning(settings: LogConfig, text: MarkedText) -> None:
    """Warn the operator, as `report` does; people read it on standard error."""
    if settings.format == "json":
        log.warning("configuration", text=translate(text))
    else:
        click.echo(gettext("Warning: %(text)s", text=translate(text)), err=True)


def report_failed_start(settings: LogConfig, error: click.ClickException) -> None:
    """Log why the program ends, and end it; raise the error again where the log is for people."""
    if settings.format != "json":
        raise error
    log.error("start_failed", reason=error.format_message())
    sys.exit(error.exit_code)
