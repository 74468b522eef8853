"""`fedserver print`: valid files with the limits of the configuration, as the manual shows them."""

from __future__ import annotations

import asyncio
import io
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest
from click.testing import CliRunner

from fedserver.cli import machine_files
from fedserver.cli.commands import main
from fedserver.config import Config, DatabaseConfig, LimitsConfig, MediaConfig, NodeConfig
from tests.kit import tls
from tests.kit.nodes import Start
from tests.kit.nodes import _find_free_port as find_free_port

ROOT = Path(__file__).parents[2]
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
CADDY, ANALYZE = shutil.which("caddy"), shutil.which("systemd-analyze")
STATE = "/var/lib/fedserver/data"
MANUAL = Config(
    node=NodeConfig(domain="commons.example", base_url="https://commons.example", data_dir=STATE),
    database=DatabaseConfig(url=f"sqlite:{STATE}/fedserver.sqlite3"),
    media=MediaConfig(store=f"file:{STATE}/media"),
)
MAX_EXPOSURE = 2.5  # of 10; where systemd-analyze says "OK" ends at 4.9


def _render_unit(config: Config) -> str:
    program = "/opt/fedserver/.venv/bin/fedserver"
    return machine_files.render_systemd(config, program, Path("/var/lib/fedserver/fedserver.toml"))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("systemd", _render_unit(MANUAL)),
        ("caddy", machine_files.render_caddy(MANUAL)),
        ("nginx", machine_files.render_nginx(MANUAL)),
    ],
)
def test_manual_shows_what_the_command_prints(name: str, text: str) -> None:
    manual = (ROOT / "docs" / "operating.md").read_text()
    shown = re.search(rf"<!-- print {name} -->\n```\w*\n(.*?)```\n<!-- /print -->", manual, re.DOTALL)
    assert shown is not None
    assert shown[1] == text


def test_compose_passes_bodies_as_large_as_the_limits() -> None:
    size = f"max_size {machine_files.compute_max_body_mebibytes(Config())}MiB"
    assert size in (ROOT / "deploy" / "Caddyfile").read_text()


@pytest.mark.parametrize("name", ["systemd", "caddy", "nginx"])
def test_print_uses_the_configuration(name: str, tmp_path: Path) -> None:
    path = tmp_path / "fedserver.toml"
    path.write_text(
        '[node]\ndomain = "a.example"\nbase_url = "https://a.example"\n'
        'listen = "unix:/run/fedserver/node.sock"\n'
        f'data_dir = "{tmp_path}/data"\n[limits]\nvideo_bytes = 104857600\n'
    )
    result = CliRunner().invoke(main, ["print", name, "--config", str(path)])
    assert result.exit_code == 0, result.output
    expected = {
        "systemd": (f"ReadWritePaths={tmp_path}/data", "UMask=0007", str(path)),
        "caddy": ("a.example {", "max_size 117MiB", "unix//run/fedserver/node.sock"),
        "nginx": ("server_name a.example;", "client_max_body_size 117m;", "unix:/run/fedserver/node.sock;"),
    }
    assert [part for part in expected[name] if part not in result.output] == []


@pytest.mark.skipif(ANALYZE is None, reason="needs systemd-analyze")
def test_unit_is_closed(tmp_path: Path) -> None:
    assert ANALYZE is not None
    (tmp_path / "fedserver.service").write_text(_render_unit(MANUAL))
    result = subprocess.run(
        [ANALYZE, "security", "--offline=true", str(tmp_path / "fedserver.service")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    level = re.search(r"Overall exposure level for \S+: ([0-9.]+)", result.stdout)
    assert level is not None, result.stderr
    assert float(level[1]) <= MAX_EXPOSURE


@pytest.mark.skipif(CADDY is None, reason="needs caddy")
def test_caddyfile_is_valid(tmp_path: Path) -> None:
    assert CADDY is not None
    (tmp_path / "Caddyfile").write_text(machine_files.render_caddy(MANUAL))
    result = subprocess.run(
        [CADDY, "validate", "--adapter", "caddyfile", "--config", str(tmp_path / "Caddyfile")],
        capture_output=True, text=True, check=False, env={**os.environ, "HOME": str(tmp_path)},
    )  # fmt: skip
    assert result.returncode == 0, result.stderr


def _write_nginx(folder: Path, site: str, port: int) -> Path:
    """Write a configuration of nginx with a site, on a free port and with a certificate of tests."""
    certificate, key = tls.write_certificate_files("alpha.test")
    site = re.sub(r"listen (\[::\]:)?443 ssl http2;", f"listen 127.0.0.1:{port} ssl;", site, count=1)
    site = re.sub(r" *listen \[::\]:\S+.*;\n", "", site).replace(
        "listen 80;", f"listen 127.0.0.1:{find_free_port()};"
    )
    site = re.sub(r"ssl_certificate .*;", f"ssl_certificate {certificate};", site)
    site = re.sub(r"ssl_certificate_key .*;", f"ssl_certificate_key {key};", site)
    temp = "".join(
        f"{name}_temp_path {folder}/{name};\n"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    path = folder / "nginx.conf"
    path.write_text(
        f"{'user root;' if os.geteuid() == 0 else ''}\ndaemon off;\nmaster_process off;\npid {folder}/pid;\n"
        f"error_log {folder}/error.log;\nevents {{}}\nhttp {{\naccess_log off;\n{temp}{site}}}\n"
    )
    return path


@pytest.mark.skipif(NGINX is None, reason="needs nginx")
@pytest.mark.parametrize("start", ["sqlite"], indirect=True)
async def test_upload_at_the_limit_passes_nginx_and_one_above_is_refused_by_the_node(
    start: Start, tmp_path: Path
) -> None:
    assert NGINX is not None
    limits = LimitsConfig()
    node = await start("alpha.test")
    target = node.node.addresses[0][1]
    port = find_free_port()
    site = machine_files.render_nginx(MANUAL).replace("127.0.0.1:8420", f"127.0.0.1:{target}")
    # The node of a test speaks TLS itself.
    site = site.replace("proxy_pass http://fedserver", "proxy_pass https://fedserver")
    path = _write_nginx(tmp_path, site, port)
    checked = await asyncio.to_thread(_test_nginx, path)
    assert checked.returncode == 0, checked.stderr
    ann = await node.create_member("ann")
    token = await node.create_token(ann)
    process = await asyncio.create_subprocess_exec(NGINX, "-c", str(path), stderr=asyncio.subprocess.DEVNULL)
    try:
        await _wait_for(port)
        statuses = [
            await _upload(port, token, size)
            for size in (limits.upload_bytes, limits.video_bytes, limits.video_bytes + 1)
        ]
    finally:
        process.terminate()
        await process.wait()
    # Zeros are no video: what counts is that the node says so, and not the proxy, whose page is HTML.
    assert [kind for _, kind in statuses] == ["application/json"] * 3
    assert [status for status, _ in statuses] == [422, 422, 422]


def _test_nginx(path: Path) -> subprocess.CompletedProcess[str]:
    assert NGINX is not None
    return subprocess.run([NGINX, "-t", "-c", str(path)], capture_output=True, text=True, check=False)


async def _wait_for(port: int) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                return


async def _upload(port: int, token: str, size: int) -> tuple[int, str]:
    form = aiohttp.FormData()
    form.add_field("file", io.BytesIO(bytes(size)), filename="film.mp4", content_type="video/mp4")
    headers = {"Authorization": f"Bearer {token}", "Host": "alpha.test"}
    connector = aiohttp.TCPConnector(ssl=tls.client_context())
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        session.post(
            f"https://127.0.0.1:{port}/api/v2/media", data=form, headers=headers, server_hostname="alpha.test"
        ) as response,
    ):
        return response.status, response.content_type


def test_node_starts_where_no_memory_may_become_code(tmp_path: Path) -> None:
    """MemoryDenyWriteExecute= is this, or a filter to the same effect (PR_SET_MDWE, Linux 6.3)."""
    code = (
        "import ctypes, sys\n"
        "refused = ctypes.CDLL(None).prctl(65, 1, 0, 0, 0)\n"
        "sys.exit(77) if refused else None\n"
        "sys.argv = ['fedserver', 'demo', '--once', '--port', sys.argv[1]]\n"
        "import runpy; runpy.run_module('fedserver', run_name='__main__')\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, str(find_free_port())], cwd=tmp_path, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False,
    )  # fmt: skip
    if result.returncode == 77:
        pytest.skip("needs Linux 6.3")
    assert result.returncode == 0, result.stderr
