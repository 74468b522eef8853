"""`python -m benchmarks.streams`: CPU milliseconds for an event to one of many WebSockets, and its delay.

The cost of the posts themselves is measured before any socket is open, and subtracted.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import aiohttp

from benchmarks.__main__ import cpu_seconds, free_port, resident_mb, start_node
from benchmarks.seed import build_context
from fedserver.config import Config, load
from fedserver.domain.auth import members, tokens
from fedserver.domain.relationships import follows
from fedserver.federation.keys import generate
from storage.clock import system_clock
from storage.opening import open_database
from storage.upgrade import upgrade


async def seed_listeners(config: Config, listeners: int) -> list[str]:
    """Create an author and members who follow it; return their tokens, the author's first."""
    Path(config.database.url.removeprefix("sqlite:")).parent.mkdir(parents=True, exist_ok=True)
    await upgrade(config.database.url)
    db, site, keys = (
        await open_database(config.database.url, system_clock),
        build_context(config),
        await generate(),
    )
    secrets = []
    async with db.write() as tx:
        created = [
            await members.create_approved(tx, site, f"member{number}", f"m{number}@bench.example", "x", keys)
            for number in range(listeners + 1)
        ]
        for member, account in created:
            if account.id != created[0][1].id:
                await follows.follow(tx, site, account, created[0][1])
            token = await tokens.create(
                tx, "read write", app_id=None, member_id=member.id, account_id=account.id
            )
            secrets.append(token.secret)
    await db.close()
    return secrets


class StreamWorkload:
    """A running node, its author's token and those of the listeners."""

    def __init__(self, base: str, pid: int, tokens: Sequence[str], session: aiohttp.ClientSession) -> None:
        self.base, self.pid, self.tokens, self.session = base, pid, tokens, session

    async def measure_posts(self, count: int) -> float:
        """Return the CPU seconds of the node for `count` posts, one after the other."""
        before = cpu_seconds(self.pid)
        headers = {"Authorization": f"Bearer {self.tokens[0]}"}
        for _ in range(count):
            body = {"status": "A post of the benchmark #bench", "visibility": "public", "local_only": True}
            async with self.session.post(
                f"{self.base}/api/v1/statuses", json=body, headers=headers
            ) as answer:
                assert answer.status == 200, await answer.text()
            await asyncio.sleep(0.1)
        return cpu_seconds(self.pid) - before

    async def measure_listeners(self, stream: str, count: int, alone: float) -> None:
        """Print the cost of `count` posts with every listener connected."""
        memory = resident_mb(self.pid)
        sockets = [
            await self.session.ws_connect(
                f"{self.base}/api/v1/streaming?stream={stream}", headers={"Authorization": f"Bearer {token}"}
            )
            for token in self.tokens[1:]
        ]
        memory = (resident_mb(self.pid) - memory) * 1_000 / len(sockets)
        arrivals: list[float] = []

        async def receive_all(socket: aiohttp.ClientWebSocketResponse) -> None:
            for _ in range(count):
                await socket.receive()
                arrivals.append(time.perf_counter())

        receiving = asyncio.gather(*(receive_all(socket) for socket in sockets))
        before = cpu_seconds(self.pid)
        await self.measure_posts(count)
        await receiving
        used = (cpu_seconds(self.pid) - before - alone) * 1_000 / (count * len(sockets))
        rounds = [arrivals[start : start + len(sockets)] for start in range(0, len(arrivals), len(sockets))]
        spread = median(times[-1] - times[0] for times in rounds) * 1_000
        print(
            f"{stream:14} {len(sockets)} sockets: {used:.4f} ms an event (budget 0.06), first to last "
            f"{spread:.0f} ms, {memory:.1f} kB a connection"
        )
        for socket in sockets:
            await socket.close()


async def run(listeners: int, posts: int) -> None:
    """Seed a node and print the cost of each stream."""
    with tempfile.TemporaryDirectory(prefix="fedserver-bench-") as name:
        folder, port = Path(name), free_port()
        (folder / "fedserver.toml").write_text(
            f'[node]\ndomain = "localhost:{port}"\nbase_url = "http://localhost:{port}"\n'
            f'listen = "127.0.0.1:{port}"\n'
            '[limits]\nrequests_per_5_minutes = 10000000\n[log]\nlevel = "error"\n'
        )
        tokens = await seed_listeners(load(folder / "fedserver.toml", {}), listeners)
        process, _ = await start_node(folder, port)
        try:
            connector = aiohttp.TCPConnector(limit=0)
            async with aiohttp.ClientSession(connector=connector) as session:
                workload = StreamWorkload(f"http://localhost:{port}", process.pid, tokens, session)
                await workload.measure_posts(10)
                alone = await workload.measure_posts(posts)
                print(f"posts alone: {alone * 1_000 / posts:.1f} ms each")
                for stream in ("user", "public:local"):
                    await workload.measure_listeners(stream, posts, alone)
        finally:
            process.terminate()
            await process.wait()


def main() -> None:
    """Run the benchmark with the options of the command line."""
    parser = argparse.ArgumentParser(description="CPU milliseconds for an event to one of many WebSockets")
    parser.add_argument("--listeners", type=int, default=500)
    parser.add_argument("--posts", type=int, default=40)
    options = parser.parse_args()
    asyncio.run(run(options.listeners, options.posts))


if __name__ == "__main__":
    main()
