"""nginx and Caddy themselves, with the sites that `fedserver print` writes, on ports of loopback."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from tests.kit import tls
from tests.kit.nodes import _find_free_port as find_free_port

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
CADDY = shutil.which("caddy")
PRINTED_UPSTREAM = "127.0.0.1:8420"


def write_nginx(folder: Path, site: str, port: int, *, upstream: str, with_tls: bool = True) -> Path:
    """Write a configuration of nginx with a printed site: on a free port, before `upstream`, HOST:PORT.

    It has a certificate of tests for `alpha.test`, or speaks plain HTTP.
    """
    assert PRINTED_UPSTREAM in site
    certificate, key = tls.write_certificate_files("alpha.test")
    listen = f"listen 127.0.0.1:{port} ssl;" if with_tls else f"listen 127.0.0.1:{port};"
    site = re.sub(r"listen (\[::\]:)?443 ssl http2;", listen, site, count=1)
    site = re.sub(r" *listen \[::\]:\S+.*;\n", "", site)
    site = site.replace("listen 80;", f"listen 127.0.0.1:{find_free_port()};")
    site = site.replace(PRINTED_UPSTREAM, upstream)
    site = re.sub(r"ssl_certificate .*;", f"ssl_certificate {certificate};" if with_tls else "", site)
    site = re.sub(r"ssl_certificate_key .*;", f"ssl_certificate_key {key};" if with_tls else "", site)
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


def write_caddy(folder: Path, site: str, port: int, *, upstream: str) -> Path:
    """Write a Caddyfile with a printed site: plain HTTP on a free port, before `upstream`, HOST:PORT."""
    assert PRINTED_UPSTREAM in site
    address, opening, rest = site.partition(" {\n")
    assert opening, address
    rest = rest.replace(PRINTED_UPSTREAM, upstream)
    path = folder / "Caddyfile"
    path.write_text(f"{{\n\tadmin off\n\tauto_https off\n}}\nhttp://:{port}{opening}\tbind 127.0.0.1\n{rest}")
    return path


@asynccontextmanager
async def run_nginx(path: Path, port: int) -> AsyncIterator[None]:
    """Run nginx with a configuration."""
    assert NGINX is not None
    async with _run(port, {}, NGINX, "-c", str(path)):
        yield


@asynccontextmanager
async def run_caddy(path: Path, port: int) -> AsyncIterator[None]:
    """Run Caddy with a Caddyfile; it keeps its state beside that."""
    assert CADDY is not None
    home = {"HOME": str(path.parent), "XDG_DATA_HOME": str(path.parent), "XDG_CONFIG_HOME": str(path.parent)}
    async with _run(port, home, CADDY, "run", "--adapter", "caddyfile", "--config", str(path)):
        yield


@asynccontextmanager
async def _run(port: int, environment: Mapping[str, str], *command: str) -> AsyncIterator[None]:
    """Run a program until the block ends, once it listens."""
    process = await asyncio.create_subprocess_exec(
        *command, stderr=asyncio.subprocess.DEVNULL, env={**os.environ, **environment}
    )
    try:
        await _wait_for(port)
        yield
    finally:
        process.terminate()
        await process.wait()


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
