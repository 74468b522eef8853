"""`make bench`: CPU milliseconds a request beside the budget.

The node runs as `fedserver run` in a process of its own, whose CPU time the kernel reports before and
after. Figures differ by machine and hour, so one operation that our code has no part in is measured in the
same run: a signature by RSA-2048, which took 0.30 ms where the budgets were made. Ratios are to budgets
scaled by it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import aiohttp
import msgspec
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from activitypub import activities
from activitypub.keys import load_private
from activitypub.signatures import cavage
from activitypub.signatures.digest import sha256
from activitypub.terms import ACTIVITY_JSON, PUBLIC
from benchmarks import peers
from benchmarks.seed import SeedResult, seed
from fedserver.config import Config, load
from fedserver.federation.signing import build_request
from storage.clock import system_clock

CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
PARALLEL = 8  # requests at once, as a browser or a peer sends them


@dataclass
class ResultRow:
    """A row of the table."""

    name: str
    cpu_ms: float
    budget_ms: float
    per_second: float


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of a process in seconds (proc(5), stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS


def resident_mb(pid: int) -> float:
    """Return the proportional set size of a process in MB (proc(5), smaps)."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1_000
    return 0.0


def measure_slowness(key: RSAPrivateKey) -> float:
    """Return how much slower this machine is than that of the budgets, by the CPU time of a signature."""
    durations = []
    for _ in range(200):
        started = time.process_time()
        key.sign(b"what does it cost here", PKCS1v15(), SHA256())
        durations.append((time.process_time() - started) * 1_000)
    return statistics.median(durations) / 0.30


def free_port() -> int:
    """Return a port of loopback that is free."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def request_many(count: int, once: Callable[[], Awaitable[object]]) -> None:
    """Ask `count` times, eight at once."""
    left = count

    async def worker() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            await once()

    await asyncio.gather(*(worker() for _ in range(PARALLEL)))


class Bench:
    """A running node and a client."""

    def __init__(self, base: str, pid: int, seeded: SeedResult, session: aiohttp.ClientSession) -> None:
        self.base, self.pid, self.seeded, self.session = base, pid, seeded, session
        self.rows: list[ResultRow] = []

    async def get(self, path: str, *, accept: str = "application/json", token: bool = True) -> None:
        headers = {"Accept": accept}
        if token:
            headers["Authorization"] = f"Bearer {self.seeded.token}"
        async with self.session.get(self.base + path, headers=headers) as answer:
            await answer.read()
            assert answer.status == 200, (path, answer.status)

    async def get_page(self, path: str, *, member: bool) -> None:
        headers = {"Accept": "text/html", "Accept-Encoding": "gzip"}
        if member:
            headers["Cookie"] = f"session={self.seeded.session}"
        async with self.session.get(self.base + path, headers=headers, allow_redirects=False) as answer:
            await answer.read()
            assert answer.status == 200, (path, answer.status)

    async def measure(
        self, name: str, budget: float, count: int, once: Callable[[], Awaitable[None]]
    ) -> None:
        """Ask `count` times, eight at once, after a tenth of that for warming."""
        for _ in range(count // 10):
            await once()
        before, started = cpu_seconds(self.pid), time.perf_counter()
        await request_many(count, once)
        took = time.perf_counter() - started
        used = (cpu_seconds(self.pid) - before) * 1_000 / count
        self.rows.append(ResultRow(name, used, budget, count / took))

    async def wait_until(self, path: str, wanted: Callable[[bytes], bool], seconds: float = 60) -> None:
        """Wait until the body of an answer satisfies `wanted`. Raises TimeoutError."""
        headers = {"Authorization": f"Bearer {self.seeded.token}"}
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            async with self.session.get(self.base + path, headers=headers) as answer:
                if wanted(await answer.read()):
                    return
            await asyncio.sleep(0.05)
        raise TimeoutError(path)


class StubHosts:
    """Peers that accept every delivery: one server under many host names."""

    def __init__(self) -> None:
        self.received = 0
        self.port = free_port()
        self._runner: web.AppRunner | None = None
        self._expected = 0
        self._complete = asyncio.Event()

    def list_hosts(self, count: int) -> list[str]:
        """Return hosts: each loopback address is one."""
        return [f"127.0.{number // 250 + 1}.{number % 250 + 1}:{self.port}" for number in range(count)]

    async def start(self) -> None:
        application = web.Application(client_max_size=4_194_304)
        application.router.add_post("/{rest:.*}", self._receive)
        self._runner = web.AppRunner(application, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "0.0.0.0", self.port, backlog=1_024).start()

    async def _receive(self, request: web.Request) -> web.Response:
        await request.read()
        self.received += 1
        if self.received >= self._expected:
            self._complete.set()
        return web.Response(status=202)

    async def wait_for_deliveries(self, count: int) -> None:
        """Wait until `count` deliveries have arrived."""
        self._expected = count
        if self.received < count:
            self._complete.clear()
            await self._complete.wait()

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()


async def measure_reads(bench: Bench, count: int) -> None:
    """Measure the reads of clients and peers."""
    seeded = bench.seeded
    status = f"/api/v1/statuses/{seeded.status_id}"
    plan = [
        ("home timeline, 20 statuses", 0.5, "/api/v1/timelines/home?limit=20"),
        ("one status", 0.2, status),
        ("context of a 50-reply thread", 1.5, f"/api/v1/statuses/{seeded.root_id}/context"),
        ("notifications, 20", 0.7, "/api/v1/notifications?limit=20"),
        ("account (lookup)", 0.2, "/api/v1/accounts/lookup?acct=member1"),
        ("account", 0.2, f"/api/v1/accounts/{seeded.account_id}"),
        ("account's statuses, 20", 0.5, f"/api/v1/accounts/{seeded.account_id}/statuses"),
    ]
    for name, budget, path in plan:
        await bench.measure(name, budget, count, lambda path=path: bench.get(path))  # type: ignore[misc]
    await bench.measure("instance v2", 0.12, count, lambda: bench.get("/api/v2/instance", token=False))
    await bench.measure(
        "actor document", 0.15, count, lambda: bench.get("/users/member0", accept=ACTIVITY_JSON, token=False)
    )
    webfinger_path = f"/.well-known/webfinger?resource=acct:member0@{bench.base.partition('://')[2]}"
    await bench.measure("WebFinger", 0.12, count, lambda: bench.get(webfinger_path, token=False))


async def measure_pages(bench: Bench, count: int) -> None:
    """Measure the pages that people open most."""
    article = bench.seeded.article_path
    plan = [
        ("page: home, 20 posts", "/home", True),
        ("page: thread, 25 of 50 replies", f"/@member1/{bench.seeded.root_id}", True),
        ("page: article, visitor", article, False),
        ("page: article, member", article, True),
        ("page: blog, 20 articles, visitor", "/blog", False),
    ]
    for name, path, member in plan:
        await bench.measure(
            name,
            3.0,
            count,
            lambda path=path, member=member: bench.get_page(path, member=member),  # type: ignore[misc]
        )


async def measure_posting(bench: Bench, count: int) -> None:
    """Measure writing posts for members only, which are not delivered."""
    headers = {"Authorization": f"Bearer {bench.seeded.token}"}

    async def once() -> None:
        body = {"status": "A post of the benchmark #bench", "visibility": "public", "local_only": True}
        async with bench.session.post(bench.base + "/api/v1/statuses", json=body, headers=headers) as answer:
            assert answer.status == 200, await answer.text()

    await bench.measure("post a status (members only)", 4, count, once)


def make_create(host: str, number: int) -> dict[str, object]:
    actor = f"http://{host}/users/speaker"
    uri = f"{actor}/posts/{number}"
    moment = "2026-11-24T00:00:00Z"
    note = {
        "id": uri,
        "type": "Note",
        "attributedTo": actor,
        "content": f"<p>Incoming {number} with some words to read</p>",
        "published": moment,
        "to": [PUBLIC],
        "cc": [f"{actor}/followers"],
    }
    return activities.create(f"{uri}/activity", actor, note)


async def measure_inbox(bench: Bench, host: str, count: int) -> None:
    """Measure signed Creates of a known actor until the last is visible, and forged ones."""
    key = load_private(bench.seeded.keys.rsa_private)
    assert isinstance(key, RSAPrivateKey)
    key_id = f"http://{host}/users/speaker#main-key"
    url = bench.base + "/inbox"
    signed: list[tuple[dict[str, str], bytes]] = []
    for number in range(count):
        body = msgspec.json.encode(make_create(host, number))
        headers = cavage.sign(key, key_id, build_request("POST", url), system_clock(), sha256(body))
        signed.append(({**headers, "Content-Type": ACTIVITY_JSON}, body))
    forged = [({**headers, "Digest": f"SHA-256={sha256(b'x')}"}, body) for headers, body in signed]
    before, started = cpu_seconds(bench.pid), time.perf_counter()

    async def send(requests: list[tuple[dict[str, str], bytes]], status: int) -> None:
        waiting = list(requests)

        async def worker() -> None:
            while waiting:
                headers, body = waiting.pop()
                async with bench.session.post(url, data=body, headers=headers) as answer:
                    assert answer.status == status, (answer.status, await answer.text())

        await asyncio.gather(*(worker() for _ in range(PARALLEL)))

    await send(signed, 202)
    path = f"/api/v2/search?type=accounts&q=speaker@{host}"

    def is_visible(body: bytes) -> bool:
        accounts = msgspec.json.decode(body)["accounts"]
        return bool(accounts) and accounts[0]["statuses_count"] >= count

    await bench.wait_until(path, is_visible)
    took = time.perf_counter() - started
    used = (cpu_seconds(bench.pid) - before) * 1_000 / count
    bench.rows.append(ResultRow("inbox: signed Create, until visible", used, 2.0, count / took))
    before, started = cpu_seconds(bench.pid), time.perf_counter()
    await send(forged, 401)
    used = (cpu_seconds(bench.pid) - before) * 1_000 / count
    took = time.perf_counter() - started
    bench.rows.append(ResultRow("inbox: forged digest refused", used, 0.2, count / took))


async def measure_fan_out(bench: Bench, stubs: StubHosts, count: int) -> None:
    """Measure one public post that is delivered to `count` hosts."""
    headers = {"Authorization": f"Bearer {bench.seeded.token}"}
    stubs.received = 0
    before, started = cpu_seconds(bench.pid), time.perf_counter()
    async with bench.session.post(
        bench.base + "/api/v1/statuses", json={"status": "To everyone"}, headers=headers
    ) as answer:
        assert answer.status == 200
    try:
        await asyncio.wait_for(stubs.wait_for_deliveries(count), 60)
    except TimeoutError:
        print(f"only {stubs.received} of {count} deliveries came")
    took = time.perf_counter() - started
    used = (cpu_seconds(bench.pid) - before) * 1_000 / max(1, stubs.received)
    bench.rows.append(
        ResultRow(f"fan-out to {stubs.received} hosts: a delivery", used, 0.8, stubs.received / took)
    )


async def start_node(folder: Path, port: int) -> tuple[asyncio.subprocess.Process, float]:
    """Start the node; return its process, and how many seconds it took to its first answer."""
    started = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "fedserver", "run", "--config", str(folder / "fedserver.toml"),
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    async with aiohttp.ClientSession() as session:
        while time.perf_counter() - started < 30:
            try:
                async with session.get(f"http://localhost:{port}/readyz") as answer:
                    if answer.status == 200:
                        return process, time.perf_counter() - started
            except aiohttp.ClientError:
                await asyncio.sleep(0.02)
    raise TimeoutError("the node did not start")


def write_config(folder: Path, port: int) -> Config:
    """Write and return the configuration of a node whose peers are on loopback."""
    (folder / "fedserver.toml").write_text(
        f'[node]\ndomain = "localhost:{port}"\nbase_url = "http://localhost:{port}"\n'
        f'listen = "127.0.0.1:{port}"\n[federation]\nallow_http = true\n'
        'allow_networks = ["127.0.0.0/8"]\n'
        '[limits]\nrequests_per_5_minutes = 10000000\n[log]\nlevel = "error"\n'
    )
    return load(folder / "fedserver.toml", {})


async def run(members: int, posts: int, count: int, hosts: int) -> None:
    """Seed a node, run every workload, and print the table."""
    with tempfile.TemporaryDirectory(prefix="fedserver-bench-") as name:
        folder, port, stubs = Path(name), free_port(), StubHosts()
        config = write_config(folder, port)
        await stubs.start()
        print(f"Seeding {members} members and {posts} posts …", flush=True)
        seeded = await seed(config, members, posts, stubs.list_hosts(hosts))
        size = (folder / "data/fedserver.sqlite3").stat().st_size
        key = load_private(seeded.keys.rsa_private)
        assert isinstance(key, RSAPrivateKey)
        process, seconds = await start_node(folder, port)
        factors = [measure_slowness(key)]
        try:
            await asyncio.sleep(1)  # until the start is over
            idle = resident_mb(process.pid)
            async with aiohttp.ClientSession() as session:
                bench = Bench(f"http://localhost:{port}", process.pid, seeded, session)
                await measure_reads(bench, count)
                await measure_pages(bench, count // 4)
                await measure_posting(bench, count // 4)
                await measure_inbox(bench, stubs.list_hosts(1)[0], count // 2)
                await measure_fan_out(bench, stubs, hosts)
                speaker = f"http://{stubs.list_hosts(1)[0]}/users/speaker"
                measurements = await peers.measure_all(
                    bench, config, partial(cpu_seconds, process.pid), speaker
                )
                bench.rows.extend(ResultRow(*measurement) for measurement in measurements)
            busy = resident_mb(process.pid)
            factors.append(measure_slowness(key))
        finally:
            process.terminate()
            await process.wait()
            await stubs.stop()
    print_table(bench.rows, statistics.mean(factors))
    print(f"\nstart to first answer {seconds:.2f} s (budget 1.5)")
    print(f"memory idle {idle:.0f} MB (85), after serving {busy:.0f} MB (150)")
    print(f"database {size / posts:.0f} bytes a status, all tables and indexes (1200)")


def print_table(rows: list[ResultRow], slower: float) -> None:
    """Print the rows beside their budgets; `slower` scales the ratios."""
    print(f"\nthis machine is {slower:.2f} times as slow as that of the budgets")
    print(f"{'workload':42} {'CPU ms':>8} {'budget':>8} {'ratio':>7} {'a second':>9}")
    for row in rows:
        ratio = row.cpu_ms / row.budget_ms / slower
        print(f"{row.name:42} {row.cpu_ms:8.2f} {row.budget_ms:8.2f} {ratio:7.2f} {row.per_second:9.0f}")


def main() -> None:
    """Run the benchmark with the options of the command line."""
    parser = argparse.ArgumentParser(description="CPU milliseconds a request, beside the budget")
    parser.add_argument("--members", type=int, default=200)
    parser.add_argument("--posts", type=int, default=20_000)
    parser.add_argument("--requests", type=int, default=2_000)
    parser.add_argument("--hosts", type=int, default=200)
    options = parser.parse_args()
    asyncio.run(run(options.members, options.posts, options.requests, options.hosts))


if __name__ == "__main__":
    main()
