"""The log: texts of strangers cannot forge lines or write into a terminal."""

from __future__ import annotations

import pytest
import structlog

from fedserver.cli.logs import configure_log
from fedserver.config import LogConfig


@pytest.mark.parametrize("style", ["console", "json"])
def test_control_characters_are_written_as_escapes(style: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = structlog.get_config()
    try:
        configure_log(LogConfig(format=style))  # type: ignore[arg-type]
        log = structlog.get_logger()
        log.info("actor_refused", uri="a\n2026 [info] forged", name="\x1b[31m\u202ered\u200b\x9b\x07")
    finally:
        structlog.configure(**before)
    written = capsys.readouterr().out
    assert written.count("\n") == 1
    assert written.rstrip("\n").isprintable()
    assert "forged" in written
