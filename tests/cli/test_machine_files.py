"""`fedserver print`: valid files with the limits of the configuration, as the manual shows them."""

from __future__ import annotations

import asyncio
import io
import os
import re
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
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
from tests.kit.pictures import make_picture
from tests.kit.proxy_programs import CADDY, NGINX, run_caddy, run_nginx, write_caddy, write_nginx
from tests.kit.videos import make_audio, make_video

ROOT = Path(__file__).parents[2]
ANALYZE = shutil.which("systemd-analyze")
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


def _pad_picture(size: int) -> bytes:
    """Return a picture of this size: what is behind the end of a PNG is not read."""
    return make_picture().ljust(size, b"\0")


def _pad_video(size: int) -> bytes:
    """Return a video of this size, filled up by a box without meaning (ISO/IEC 14496-12 §8.1.2)."""
    data = make_video()
    rest = size - len(data)
    return data + struct.pack(">I4s", rest, b"free") + bytes(rest - 8)


def _pad_audio(size: int) -> bytes:
    """Return sound of this size: a chunk without meaning behind that of a WAV file."""
    data = make_audio("wav", "pcm_s16le")
    rest = size - len(data)
    return data + struct.pack("<4sI", b"junk", rest - 8) + bytes(rest - 8)


PHOTO, SOUND, FILM = ("x.png", "image/png"), ("x.wav", "audio/wav"), ("x.mp4", "video/mp4")
LARGEST_PICTURE, LARGEST_FILE = LimitsConfig().upload_bytes, LimitsConfig().video_bytes
# What is sent, and whether the node takes it. What is too large is refused by the node, which says why.
UPLOADS: list[tuple[str, str, dict[str, tuple[tuple[str, str], Callable[[int], bytes], int]], bool]] = [
    ("POST", "/api/v2/media", {"file": (PHOTO, _pad_picture, LARGEST_PICTURE)}, True),
    ("POST", "/api/v2/media", {"file": (SOUND, _pad_audio, LARGEST_FILE)}, True),
    ("POST", "/api/v2/media", {"file": (FILM, _pad_video, LARGEST_FILE)}, True),
    (
        "POST",
        "/api/v2/media",
        {
            "file": (FILM, _pad_video, LARGEST_FILE),
            "thumbnail": (PHOTO, _pad_picture, LARGEST_PICTURE),
        },
        True,
    ),
    (
        "PATCH",
        "/api/v1/accounts/update_credentials",
        {
            "avatar": (PHOTO, _pad_picture, LARGEST_PICTURE),
            "header": (PHOTO, _pad_picture, LARGEST_PICTURE),
        },
        True,
    ),
    ("POST", "/api/v2/media", {"file": (PHOTO, _pad_picture, LARGEST_PICTURE + 1)}, False),
    ("POST", "/api/v2/media", {"file": (FILM, _pad_video, LARGEST_FILE + 1)}, False),
]


async def _check_uploads(base: str, token: str) -> None:
    """Send each upload through a proxy at `base`; the answers have to be those of the node."""
    connector = aiohttp.TCPConnector(ssl=tls.client_context())
    headers = {"Authorization": f"Bearer {token}", "Host": "alpha.test"}
    async with aiohttp.ClientSession(connector=connector) as session:
        for method, path, files, is_taken in UPLOADS:
            form = aiohttp.FormData()
            for field, ((name, content_type), make, size) in files.items():
                content = make(size)
                assert len(content) == size
                form.add_field(field, io.BytesIO(content), filename=name, content_type=content_type)
            async with session.request(
                method, base + path, data=form, headers=headers, server_hostname="alpha.test"
            ) as response:
                kind = ", ".join(f"{field}: {part[0][1]}, {part[2]} bytes" for field, part in files.items())
                assert response.content_type == "application/json", (kind, response.status)
                answer = await response.json()
                assert (response.status in (200, 202)) is is_taken, (kind, response.status, answer)
                assert is_taken or response.status == 422, (kind, response.status)


@pytest.mark.skipif(NGINX is None, reason="needs nginx")
@pytest.mark.parametrize("start", ["sqlite"], indirect=True)
async def test_upload_at_the_limit_passes_nginx_and_one_above_is_refused_by_the_node(
    start: Start, tmp_path: Path
) -> None:
    node = await start("localhost")
    upstream, port = node.base.removeprefix("http://"), find_free_port()
    path = write_nginx(tmp_path, machine_files.render_nginx(MANUAL), port, upstream=upstream)
    checked = await asyncio.to_thread(_test_nginx, path)
    assert checked.returncode == 0, checked.stderr
    token = await node.create_token(await node.create_member("ann"))
    async with run_nginx(path, port):
        await _check_uploads(f"https://127.0.0.1:{port}", token)


@pytest.mark.skipif(CADDY is None, reason="needs caddy")
@pytest.mark.parametrize("start", ["sqlite"], indirect=True)
async def test_upload_at_the_limit_passes_caddy_and_one_above_is_refused_by_the_node(
    start: Start, tmp_path: Path
) -> None:
    node = await start("localhost")
    upstream, port = node.base.removeprefix("http://"), find_free_port()
    path = write_caddy(tmp_path, machine_files.render_caddy(MANUAL), port, upstream=upstream)
    token = await node.create_token(await node.create_member("ann"))
    async with run_caddy(path, port):
        await _check_uploads(f"http://127.0.0.1:{port}", token)


def _test_nginx(path: Path) -> subprocess.CompletedProcess[str]:
    assert NGINX is not None
    return subprocess.run([NGINX, "-t", "-c", str(path)], capture_output=True, text=True, check=False)


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
