"""Servers of other projects, as processes of their own: real TLS under a name of a test, real signatures.

Such a program has one actor, `hop`, prints the ports where it listens, takes commands at its control port and
reports there what came to its inboxes. The programs are in `tests/peers`; they share no code with us.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from tests.kit import tls


class ForeignServer:
    """A running server of others."""

    def __init__(self, host: str, control: int) -> None:
        self.host, self.handle = host, f"@hop@{host}"
        self._http = aiohttp.ClientSession(base_url=f"http://127.0.0.1:{control}")

    async def perform(self, verb: str, **what: Any) -> Any:
        """Have the actor do something; when this returns, its deliveries have been answered."""
        async with self._http.post(f"/{verb}", json=what) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json(content_type=None)

    async def list_received(self, kind: str = "") -> list[dict[str, Any]]:
        """Return what came to its inboxes (of this type only, if one is given), oldest first."""
        async with self._http.get("/") as answer:
            entries: list[dict[str, Any]] = await answer.json(content_type=None)
        return [entry for entry in entries if not kind or entry["document"]["type"] == kind]

    async def __aenter__(self) -> ForeignServer:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()


@asynccontextmanager
async def run_server(
    command: Sequence[str], folder: Path, host: str, names: tls.LoopbackResolver, **environment: str
) -> AsyncIterator[ForeignServer]:
    """Run the program for as long as the test wants it. Nodes that it shall find are started before."""
    cert, key = tls.write_certificate_files(host)
    program = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "HOST": host,
            "CERT": cert,
            "KEY": key,
            "NAMES": json.dumps(names.ports),
            "NODE_EXTRA_CA_CERTS": tls.write_ca_file(),
            "REQUESTS_CA_BUNDLE": tls.write_ca_file(),
            **environment,
        },
        stdout=asyncio.subprocess.PIPE,
    )
    assert program.stdout is not None
    try:
        said = await asyncio.wait_for(program.stdout.readline(), 30)
        ports = json.loads(said)
        names.ports[host] = ports["port"]
        async with ForeignServer(host, ports["control"]) as foreign:
            yield foreign
    finally:
        if program.returncode is None:
            program.terminate()
        await program.communicate()
