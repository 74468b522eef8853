"""`fedserver print`: valid files with the limits of the configuration, as the manual shows them."""

from __future__ import annotations

import asyncio
import io
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest
from click.testing import CliRunner

from fedserver.cli import machine_files
from fedserver.cli.commands import main
from fedserver.config import Config, DatabaseConfig, LimitsConfig, MediaConfig, NodeConfig
from tests.cli.test_demo import find_three_ports
from tests.kit import tls, unit_sandbox
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


@pytest.mark.skipif(ANALYZE is None, reason="needs systemd-analyze")
@pytest.mark.parametrize("listen", ["127.0.0.1:8420", "unix:/run/fedserver/node.sock"])
@pytest.mark.parametrize("data_dir", [STATE, "/home/fed/data"])
def test_unit_is_valid(tmp_path: Path, listen: str, data_dir: str) -> None:
    assert ANALYZE is not None
    config = Config(
        node=NodeConfig(domain="commons.example", listen=listen, data_dir=data_dir),
        database=DatabaseConfig(url=f"sqlite:{data_dir}/fedserver.sqlite3"),
        media=MediaConfig(store=f"file:{data_dir}/media"),
    )
    unit = tmp_path / "fedserver.service"
    # The program has to exist, and its user: those of this machine.
    text = machine_files.render_systemd(config, sys.executable, tmp_path / "fedserver.toml")
    unit.write_text(text.replace("=fedserver\nGroup=fedserver", "=daemon\nGroup=daemon"))
    # `verify` alone loads the units of the machine, too, and tells of their faults.
    result = subprocess.run(
        [ANALYZE, "verify", "--recursive-errors=no", "--man=no", str(unit)],
        capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"},
    )  # fmt: skip
    told = [line for line in (result.stdout + result.stderr).splitlines() if "fedserver" in line]
    assert (result.returncode, told) == (0, [])


@pytest.fixture
def state() -> Iterator[Path]:
    """Yield a folder of `nobody` where the state of services is."""
    folder = Path(tempfile.mkdtemp(prefix="fedserver-test-", dir="/var/lib"))
    os.chown(folder, unit_sandbox.NOBODY, unit_sandbox.NOBODY)
    yield folder
    shutil.rmtree(folder)


def _build_sandboxed_command(folder: Path, unit: Path, *command: str) -> list[str]:
    return [sys.executable, "-m", "tests.kit.unit_sandbox", str(unit), str(folder), sys.executable, *command]


def _run_sandboxed(folder: Path, unit: Path, *command: str, text: str = "") -> str:
    result = subprocess.run(
        _build_sandboxed_command(folder, unit, *command), input=text, capture_output=True, text=True,
        check=False, env={**os.environ, "PYTHONPATH": str(ROOT), "LC_ALL": "C"}, cwd=ROOT,
    )  # fmt: skip
    assert "Traceback" not in result.stderr, result.stderr
    return result.stdout


PROBE = """
import ctypes, mmap, os, socket
libc = ctypes.CDLL(None, use_errno=True)
def require(status):
    if status < 0: raise OSError(ctypes.get_errno())
for name, attempt in {
    "etc": lambda: open("/etc/fedserver-probe", "w"),
    "code": lambda: open(os.environ["PYTHONPATH"] + "/fedserver/probe.py", "w"),
    "packets": lambda: socket.socket(17, socket.SOCK_RAW),
    "memory": lambda: mmap.mmap(-1, 4096, prot=7),
    "root": lambda: os.setuid(0),
    "set-user-id": lambda: (open("x", "w"), os.chmod("x", 0o4755)),
    "namespaces": lambda: require(libc.unshare(0x10000000)),
    "personality": lambda: require(libc.personality(8)),
    "kernel": lambda: open("/proc/sys/vm/swappiness", "w"),
    "clock": lambda: require(libc.settimeofday(ctypes.create_string_buffer(16), None)),
    "realtime": lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)),
    "state": lambda: open("probe", "w"),
    "temporary files": lambda: open("/tmp/probe", "w"),
}.items():
    try:
        attempt()
    except OSError:
        continue
    print(name)
"""


@pytest.mark.skipif(ANALYZE is None or os.geteuid() != 0, reason="needs systemd-analyze and root")
async def test_node_works_under_the_restrictions_of_the_unit(state: Path, tmp_path: Path) -> None:
    port, path, unit = find_free_port(), state / "fedserver.toml", tmp_path / "fedserver.service"
    unit.write_text(_render_unit(MANUAL))
    path.write_text(
        f'[node]\ndomain = "localhost:{port}"\nbase_url = "http://localhost:{port}"\n'
        f'listen = "127.0.0.1:{port}"\n[limits]\nrequests_per_5_minutes = 100000\n'
    )
    os.chown(path, unit_sandbox.NOBODY, unit_sandbox.NOBODY)
    path.chmod(0o600)
    assert await asyncio.to_thread(_run_sandboxed, state, unit, "-c", PROBE) == "state\ntemporary files\n"
    fedserver = ("-m", "fedserver")
    add = (*fedserver, "member", "add", "ann", "--email", "ann@mail.test", "--password-stdin")
    await asyncio.to_thread(_run_sandboxed, state, unit, *add, text="a fine long password\n")
    create = (*fedserver, "token", "create", "ann", "--scope", "read write")
    token = (await asyncio.to_thread(_run_sandboxed, state, unit, *create)).strip()
    process = await asyncio.create_subprocess_exec(
        *_build_sandboxed_command(state, unit, *fedserver, "run"),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "LC_ALL": "C"}, cwd=ROOT,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            line = await process.stdout.readline()
            assert b"is running at" in line, line + await process.stdout.read()
        kinds = [
            await _upload_and_wait(f"http://127.0.0.1:{port}", token, name, content_type, content)
            for (name, content_type), content in (
                (PHOTO, make_picture()), (FILM, make_video()), (SOUND, make_audio("wav", "pcm_s16le")),
            )
        ]  # fmt: skip
        checks = json.loads(
            await asyncio.to_thread(_run_sandboxed, state, unit, *fedserver, "check", "--json")
        )
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        output = (await process.communicate())[0].decode()
    assert kinds == ["image", "video", "audio"], output
    assert [check["name"] for check in checks if not check["ok"]] == [], output
    assert process.returncode == 0, output
    assert "error" not in output.lower(), output
    assert {file.stat().st_mode & 0o077 for file in _list_below(state)} == {0}


def _list_below(folder: Path) -> list[Path]:
    return list(folder.rglob("*"))


async def _upload_and_wait(base: str, token: str, name: str, content_type: str, content: bytes) -> str:
    """Upload a file, wait until it is processed, and return its kind."""
    form = aiohttp.FormData()
    form.add_field("file", io.BytesIO(content), filename=name, content_type=content_type)
    headers = {"Authorization": f"Bearer {token}"}
    async with asyncio.timeout(60), aiohttp.ClientSession(base, headers=headers) as session:
        async with session.post("/api/v2/media", data=form) as response:
            media = await response.json()
            status = response.status
        while status in (202, 206):
            await asyncio.sleep(0.05)
            async with session.get(f"/api/v1/media/{media['id']}") as response:
                media, status = await response.json(), response.status
        assert status == 200, media
        return str(media["type"])


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
        [sys.executable, "-c", code, str(find_three_ports())], cwd=tmp_path, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False, timeout=120,
    )  # fmt: skip
    if result.returncode == 77:
        pytest.skip("needs Linux 6.3")
    assert result.returncode == 0, result.stderr
