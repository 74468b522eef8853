"""Two nodes as processes on loopback: ann posts at the first, bob follows her from the second."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp

from tests.kit.nodes import _find_free_port as free_port

ROOT = Path(__file__).resolve().parents[2]
POSTERS, PAUSE = 4, 0.05
MAX_WAIT = 180.0
DOWN = (aiohttp.ClientError, TimeoutError, OSError)


class NodeProcess:
    """A node that can be started, stopped and killed again and again."""

    def __init__(self, folder: Path, database: str = "", prefix: tuple[str, ...] = ()) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.port, self._prefix = folder, free_port(), prefix
        self.base, self.token = f"http://localhost:{self.port}", ""
        self._process: asyncio.subprocess.Process | None = None
        self._session: aiohttp.ClientSession | None = None
        (folder / "fedserver.toml").write_text(
            f'[node]\ndomain = "localhost:{self.port}"\nbase_url = "{self.base}"\n'
            f'listen = "127.0.0.1:{self.port}"\n'
            f'[database]\nurl = "{database or "sqlite:data/fedserver.sqlite3"}"\n'
            '[federation]\nallow_http = true\nallow_networks = ["127.0.0.0/8", "::1/128"]\n'
            '[limits]\nrequests_per_5_minutes = 1000000\n[log]\nlevel = "warning"\n'
        )

    def _run(self, *arguments: str) -> Awaitable[asyncio.subprocess.Process]:
        out = (self.folder / "log.txt").open("ab")
        return asyncio.create_subprocess_exec(
            *self._prefix, sys.executable, "-m", "fedserver", *arguments, cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=asyncio.subprocess.PIPE, stderr=out,
        )  # fmt: skip

    async def command(self, *arguments: str) -> str:
        process = await self._run(*arguments)
        out, _ = await process.communicate()
        assert process.returncode == 0, (arguments, (self.folder / "log.txt").read_text()[-2_000:])
        return out.decode().strip()

    async def member(self, name: str) -> None:
        mail = f"{name}@mail.test"
        await self.command("member", "add", name, "--email", mail, "--password", "long enough for all")
        self.token = await self.command("token", "create", name, "--scope", "read write follow")

    async def start(self, seconds: float = 60) -> None:
        self._process = await self._run("run")
        assert self._process.stdout is not None
        self._drain = asyncio.create_task(self._process.stdout.read())
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            assert self._process.returncode is None, (self.folder / "log.txt").read_text()[-2_000:]
            with suppress(*DOWN):
                async with self.session.get(self.base + "/readyz") as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.05)
        raise TimeoutError("the node did not start")

    async def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(how)
            await self._process.wait()

    @property
    def session(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30))
        return self._session

    async def request(self, method: str, path: str, **more: Any) -> tuple[int, Any]:
        """Status and body of an answer of the client API."""
        headers = {"Authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        async with self.session.request(method, self.base + path, headers=headers, **more) as answer:
            return answer.status, await answer.json(content_type=None)

    async def close(self) -> None:
        await self.end()
        if self._session is not None:
            await self._session.close()


class Pair:
    """Both nodes, and what was posted. `acknowledged`: ids of posts answered with 200, by address."""

    def __init__(self, alpha: NodeProcess, beta: NodeProcess) -> None:
        self.alpha, self.beta = alpha, beta
        self.acknowledged: dict[str, str] = {}
        self.refused: Counter[str] = Counter()
        self._stop = asyncio.Event()

    async def begin(self) -> None:
        """Both are up and bob follows ann."""
        for node, name in ((self.alpha, "ann"), (self.beta, "bob")):
            await node.member(name)
            await node.start()
        handle = f"@ann@localhost:{self.alpha.port}"
        _, found = await self.beta.request("GET", f"/api/v2/search?type=accounts&resolve=true&q={handle}")
        ann = found["accounts"][0]["id"]
        await self.beta.request("POST", f"/api/v1/accounts/{ann}/follow")
        await self.until(lambda: self._follows(ann))

    async def _follows(self, ann: str) -> bool:
        _, found = await self.beta.request("GET", f"/api/v1/accounts/relationships?id[]={ann}")
        return bool(found[0]["following"])

    async def until(self, check: Callable[[], Awaitable[bool]], seconds: float = MAX_WAIT) -> bool:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with suppress(*DOWN):
                if await check():
                    return True
            await asyncio.sleep(0.2)
        return False

    async def post(self) -> bool:
        """Post once and return True if it was acknowledged."""
        headers = {"Idempotency-Key": str(uuid4())}
        try:
            status, body = await self.alpha.request(
                "POST", "/api/v1/statuses", json={"status": f"post {uuid4()}"}, headers=headers
            )
        except DOWN:
            self.refused["no answer"] += 1
            return False
        if status != 200:
            self.refused[str(status)] += 1
            return False
        self.acknowledged[body["uri"]] = body["id"]
        return True

    @asynccontextmanager
    async def posting(self) -> AsyncIterator[None]:
        """Several go on posting meanwhile."""
        self._stop.clear()

        async def keep_posting() -> None:
            while not self._stop.is_set():
                await self.post()
                await asyncio.sleep(PAUSE)

        tasks = [asyncio.create_task(keep_posting()) for _ in range(POSTERS)]
        yield
        self._stop.set()
        await asyncio.gather(*tasks)

    async def timeline(self) -> Counter[str]:
        """Return how often each address is in bob's home timeline."""
        seen: Counter[str] = Counter()
        older = ""
        while True:
            status, page = await self.beta.request("GET", f"/api/v1/timelines/home?limit=40{older}")
            assert status == 200, page
            if not page:
                return seen
            seen.update(status["uri"] for status in page)
            older = f"&max_id={page[-1]['id']}"

    async def _has_arrived(self) -> bool:
        return self.acknowledged.keys() <= (await self.timeline()).keys()

    async def report(self, name: str, **figures: object) -> int:
        """Wait for pending deliveries, count, print; return 1 if anything was lost."""
        began = time.monotonic()
        await self.until(self._has_arrived)
        took = time.monotonic() - began
        lost = [
            uri
            for uri, number in self.acknowledged.items()
            if (await self.alpha.request("GET", f"/api/v1/statuses/{number}"))[0] != 200
        ]
        seen = await self.timeline()
        missing = [uri for uri in self.acknowledged if uri not in seen]
        twice = [uri for uri, count in seen.items() if count > 1]
        summary = ", ".join(f"{what.replace('_', ' ')} {value}" for what, value in figures.items())
        print(
            f"{name}: {summary}; acknowledged {len(self.acknowledged)}, refused {dict(self.refused)}; "
            f"lost at home {len(lost)}, missing at the peer {len(missing)}, twice {len(twice)}; "
            f"the last after {took:.1f} s",
            flush=True,
        )
        for word, uris in (("lost", lost), ("missing", missing), ("twice", twice)):
            for uri in uris[:20]:
                print(f"  {word}: {uri}")
        return int(bool(lost or missing or twice or not self.acknowledged))


@asynccontextmanager
async def pair(
    database: str = "", prefix: tuple[str, ...] = (), place: Path | None = None
) -> AsyncIterator[Pair]:
    """Start two nodes that know each other; the first with the given database, wrapper and folder."""
    with tempfile.TemporaryDirectory(prefix="fedserver-faults-") as name:
        both = Pair(
            NodeProcess(place or Path(name) / "alpha", database, prefix), NodeProcess(Path(name) / "beta")
        )
        try:
            await both.begin()
            yield both
        finally:
            await both.alpha.close()
            await both.beta.close()
