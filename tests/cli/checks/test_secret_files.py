"""Files with secrets that others can read are named, with the command that closes them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from fedserver.cli.commands import main
from fedserver.config import load
from fedserver.runtime.checks import secret_files
from tests.kit import commands
from tests.kit.nodes import _find_free_port as find_free_port

SECRETS = [
    ("[mail]\npassword", "hunter2", ""),
    ("[oidc]\nclient_secret", "hunter2", ""),
    ("[translation]\napi_key", "hunter2", ""),
    ("[database]\nurl", "postgresql://fed:hunter2@127.0.0.1/fed", ""),
    ("[database]\nurl", "postgresql://127.0.0.1/fed?password=hunter2", ""),
    (
        "[database]\ndirect_url",
        "postgresql://fed:hunter2@127.0.0.1/fed",
        'url = "postgresql://127.0.0.1/fed"\n',
    ),
]
FILES = [
    ("mail", "password_file", ""),
    ("oidc", "client_secret_file", ""),
    ("translation", "api_key_file", ""),
    ("database", "url_file", ""),
    ("database", "direct_url_file", 'url = "postgresql://127.0.0.1/fed"\n'),
]


def _write(folder: Path, text: str, mode: int) -> Path:
    path = folder / "fedserver.toml"
    path.write_text(text)
    path.chmod(mode)
    return path


def _find(path: Path) -> list[secret_files.OpenFile]:
    return list(secret_files.find_open_files(load(path, {}), path))


@pytest.mark.parametrize(("key", "value", "more"), SECRETS)
def test_configuration_with_a_secret_is_found_until_it_is_closed(
    tmp_path: Path, key: str, value: str, more: str
) -> None:
    path = _write(tmp_path, f'{key} = "{value}"\n{more}', 0o644)
    [found] = _find(path)
    assert (found.path, found.holds_secret) == (path, True)
    assert f"chmod 600 {path}" in str(found.text)
    subprocess.run(found.command, shell=True, check=True)
    assert _find(path) == []


@pytest.mark.parametrize(("section", "key", "more"), FILES)
@pytest.mark.parametrize("mode", [0o604, 0o644, 0o666, 0o640, 0o600])
def test_file_of_a_secret_is_found_by_its_mode(
    tmp_path: Path, section: str, key: str, more: str, mode: int
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("postgresql://fed:hunter2@127.0.0.1/fed\n")
    secret.chmod(mode)
    path = _write(tmp_path, f'[{section}]\n{key} = "secret"\n{more}', 0o600)
    assert [found.path for found in _find(path)] == ([secret] if mode & 0o007 else [])


def test_configuration_without_a_secret_is_found_as_such(tmp_path: Path) -> None:
    path = _write(tmp_path, '[node]\ndomain = "a.test"\n', 0o644)
    [found] = _find(path)
    assert not found.holds_secret
    path.chmod(0o600)
    assert _find(path) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_command_for_a_file_of_root_leaves_it_readable_to_the_node(tmp_path: Path) -> None:
    path = _write(tmp_path, '[mail]\npassword = "x"\n', 0o644)
    (tmp_path / "data").mkdir()
    os.chown(tmp_path / "data", 65_534, 65_534)
    [found] = _find(path)
    subprocess.run(found.command, shell=True, check=True)
    assert (path.stat().st_gid, path.stat().st_mode & 0o777) == (65_534, 0o640)
    path.chmod(0o644)
    assert _find(path)[0].command == f"chmod 640 {path}"


@pytest.mark.parametrize(("text", "is_ok"), [("", True), ('[mail]\npassword = "x"\n', False)])
def test_check_tells_of_a_configuration_that_others_can_read(tmp_path: Path, text: str, is_ok: bool) -> None:
    path = _write(tmp_path, text, 0o644)
    result = CliRunner().invoke(main, ["check", "--json", "--config", str(path)])
    checks: dict[str, Any] = {line["name"]: line for line in json.loads(result.stdout)}
    assert checks["secrets"]["ok"] is is_ok
    told = checks["configuration"]["warning"] if is_ok else checks["secrets"]["problem"]
    assert f"chmod 600 {path}" in told
    assert f"chmod 600 {path}" in CliRunner().invoke(main, ["check", "--config", str(path)]).stdout
    path.chmod(0o600)
    result = CliRunner().invoke(main, ["check", "--config", str(path)])
    assert f"chmod 600 {path}" not in result.output


@pytest.fixture
def _no_processes_left() -> Iterator[list[commands.Command]]:
    processes: list[commands.Command] = []
    yield processes
    for process in processes:
        process.kill()
        process.wait()


@pytest.mark.parametrize("log_format", ["console", "json"])
@pytest.mark.parametrize("mode", [0o644, 0o600])
def test_start_warns_of_a_configuration_that_others_can_read(
    tmp_path: Path, log_format: str, mode: int, _no_processes_left: list[commands.Command]
) -> None:
    port = find_free_port()
    path = _write(
        tmp_path,
        f'[node]\ndomain = "localhost:{port}"\nbase_url = "http://localhost:{port}"\n'
        f'listen = "127.0.0.1:{port}"\n[log]\nformat = "{log_format}"\n[mail]\npassword = "hunter2"\n',
        mode,
    )
    process = commands.start(
        "run", "--config", str(path), folder=tmp_path,
        environment={"LC_ALL": "C"}, stderr=commands.STDOUT, text=True,
    )  # fmt: skip
    _no_processes_left.append(process)
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if "is running at" in line:
            break
    process.send_signal(signal.SIGTERM)
    lines.append(process.communicate(timeout=60)[0])
    warned = [line for line in lines if f"chmod 600 {path}" in line]
    assert len(warned) == (mode == 0o644), lines
    assert "hunter2" not in "".join(lines)
    if warned and log_format == "json":
        assert json.loads(warned[0])["level"] == "warning"
