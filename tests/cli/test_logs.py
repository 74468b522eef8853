"""The log: texts of strangers cannot forge lines or write into a terminal."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from fedserver.cli.logs import configure_log
from fedserver.config import LogConfig
from tests.kit import commands
from tests.kit.nodes import _find_free_port as find_free_port


@pytest.fixture(autouse=True)
def _restore_logging() -> Iterator[None]:
    handlers, level, raises = list(logging.root.handlers), logging.root.level, logging.raiseExceptions
    hooks = sys.excepthook, sys.unraisablehook
    yield
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    logging.captureWarnings(False)
    logging.raiseExceptions = raises
    sys.excepthook, sys.unraisablehook = hooks


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


def _send_raw(port: int, data: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(data)
        received = b""
        while chunk := connection.recv(65_536):
            received += chunk
    return received


async def test_log_of_a_process_with_json_is_only_json(tmp_path: Path) -> None:
    port = find_free_port()
    (tmp_path / "fedserver.toml").write_text(
        f'[node]\ndomain = "localhost:{port}"\nbase_url = "http://localhost:{port}"\n'
        f'listen = "127.0.0.1:{port}"\n[limits]\npoll_seconds_least = 300\n[log]\nformat = "json"\n'
    )
    process = await commands.start_async("run", folder=tmp_path)
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            lines = [await process.stdout.readline()]
            while b'"setup_link"' not in lines[-1]:
                lines.append(await process.stdout.readline())
                assert lines[-1], lines
        requests = (
            b"GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.9\r\nX-Long: "
            + b"a" * 12_000 + b"\r\nConnection: close\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 100_000 + b"\r\n\r\n",
            b"GET /" + b"a" * 12_000 + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
            b"\x16\x03\x01 not http\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ten\r\n\r\n",
        )  # fmt: skip
        answers = [await asyncio.to_thread(_send_raw, port, request) for request in requests]
    finally:
        process.terminate()
        rest, _ = await process.communicate()
    lines += rest.splitlines()
    events = [json.loads(line) for line in lines]
    assert [answer.split()[1] for answer in answers] == [b"431", b"400", b"414", b"400", b"400"]
    assert "started" in {event["event"] for event in events}
    assert "poll_seconds_least" in next(
        event["text"] for event in events if event["event"] == "configuration"
    )
    refused = [event for event in events if event["event"] == "request_refused"]
    assert [event["client"] for event in refused] == ["203.0.113.9", "127.0.0.1"]
    assert not [event for event in events if "exception" in event]


async def test_log_of_a_process_that_cannot_start_with_json_is_only_json(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as occupied:
        (tmp_path / "fedserver.toml").write_text(
            f'[node]\nlisten = "127.0.0.1:{occupied.getsockname()[1]}"\n[log]\nformat = "json"\n'
        )
        process = await commands.start_async("run", folder=tmp_path)
        output, _ = await process.communicate()
    assert process.returncode == 1
    assert [json.loads(line) for line in output.splitlines()][-1]["event"] == "start_failed"


def test_everything_that_python_writes_is_json(tmp_path: Path) -> None:
    code = """if True:
        import asyncio, logging, threading, warnings
        from fedserver.cli.logs import configure_log
        from fedserver.config import LogConfig
        configure_log(LogConfig(format="json"))
        warnings.warn("old")
        try:
            1 / 0
        except ZeroDivisionError:
            logging.getLogger("asyncpg").exception("lost %s", "it")
        def fail(*_):
            raise ValueError("two\\nlines")
        thread = threading.Thread(target=fail); thread.start(); thread.join()
        async def run():
            asyncio.get_running_loop().call_soon(fail)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        asyncio.run(run())
        class Broken:
            __del__ = fail
        Broken()
        fail()
    """
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}, check=False,
    )  # fmt: skip
    events = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(events) == 6
    assert sum("ValueError" in event.get("exception", "") for event in events) == 4
    assert "ZeroDivisionError" in events[1]["exception"]
