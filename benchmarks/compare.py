"""Compare the CPU time a request of two trees: `python -m benchmarks.compare OTHER_TREE`.

On a machine that does other work, two runs after each other differ by more than the trees. So a node of each
is seeded and started, both stay alive, and they are asked by turns in short slices. What is printed is the
median of the ratios of neighbouring slices, with the quartiles, which say how far to trust it.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import aiohttp
import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from activitypub import activities
from activitypub.keys import load_private
from activitypub.signatures import cavage
from activitypub.signatures.digest import sha256
from activitypub.terms import ACTIVITY_JSON
from benchmarks.__main__ import StubHosts, free_port, make_create, request_many
from fedserver.federation.signing import build_request
from storage.clock import system_clock

# Run with the code of the tree that is compared, whose schema and domain may differ from ours.
SEED = """
import asyncio, json, sys
from pathlib import Path
from benchmarks.__main__ import write_config
from benchmarks.seed import seed

folder, port, members, posts, host = sys.argv[1:]
seeded = asyncio.run(seed(write_config(Path(folder), int(port)), int(members), int(posts), [host]))
print(json.dumps({
    "token": seeded.token, "account_id": seeded.account_id, "status_id": seeded.status_id,
    "root_id": seeded.root_id, "key": seeded.keys.rsa_private, "session": getattr(seeded, "session", ""),
    "article_path": getattr(seeded, "article_path", ""),
}))
"""
Once = Callable[[], Awaitable[object]]


class Seeded(msgspec.Struct):
    """The ids and credentials that a tree wrote into its database."""

    token: str
    account_id: int
    status_id: int
    root_id: int
    key: str
    session: str
    article_path: str


@dataclass
class Node:
    """A node of one tree, and a client."""

    tree: Path
    folder: Path
    port: int
    seeded: Seeded
    speaker: str
    process: asyncio.subprocess.Process
    http: aiohttp.ClientSession
    number: int = 0

    @property
    def base(self) -> str:
        return f"http://localhost:{self.port}"

    def read_cpu_ms(self) -> float:
        """Return the CPU time of the process with all its threads (clock_getcpuclockid(3))."""
        return time.clock_gettime((~self.process.pid << 3) | 2) * 1_000

    async def request(self, path: str, status: int = 200, /, **headers: str) -> bytes:
        async with self.http.get(self.base + path, headers=headers, allow_redirects=False) as answer:
            assert answer.status == status, (path, answer.status)
            return await answer.read()

    async def request_api(self, path: str) -> bytes:
        return await self.request(path, Authorization=f"Bearer {self.seeded.token}")

    async def request_page(self, path: str, *, member: bool) -> bytes:
        cookie = {"Cookie": f"session={self.seeded.session}"} if member else {}
        headers = {"Accept": "text/html", "Accept-Encoding": "gzip", **cookie}
        return await self.request(path, 200, **headers)

    async def publish(self, **values: object) -> str:
        headers = {"Authorization": f"Bearer {self.seeded.token}"}
        body = {"status": "A post of the benchmark #bench", "visibility": "public", **values}
        async with self.http.post(f"{self.base}/api/v1/statuses", json=body, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            uri: str = (await answer.json())["uri"]
            return uri


async def slice_of_requests(prepare: Callable[[Node], Once], node: Node, count: int) -> float:
    """Return the CPU ms of a request, of `count`."""
    once, before = prepare(node), node.read_cpu_ms()
    await request_many(count, once)
    return (node.read_cpu_ms() - before) / count


def sign(node: Node, activity: dict[str, object], *, forged: bool) -> tuple[dict[str, str], bytes]:
    """Return the headers and the body of a delivery by the actor."""
    body = msgspec.json.encode(activity)
    key = load_private(node.seeded.key)
    assert isinstance(key, RSAPrivateKey)
    request = build_request("POST", f"{node.base}/inbox")
    headers = cavage.sign(key, f"{node.speaker}#main-key", request, system_clock(), sha256(body))
    digest = {"Digest": f"SHA-256={sha256(b'x')}"} if forged else {}
    return {**headers, **digest, "Content-Type": ACTIVITY_JSON}, body


async def deliver(node: Node, signed: list[tuple[dict[str, str], bytes]], status: int) -> None:
    """Deliver, eight at once."""

    async def once() -> None:
        headers, body = signed.pop()
        async with node.http.post(f"{node.base}/inbox", data=body, headers=headers) as answer:
            assert answer.status == status, (answer.status, await answer.text())

    await request_many(len(signed), once)


async def wait_until(node: Node, path: str, is_done: Callable[[bytes], bool]) -> None:
    """Ask until an answer satisfies `is_done`."""
    async with asyncio.timeout(60):
        while not is_done(await node.request_api(path)):  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def slice_of_creates(node: Node, count: int, *, forged: bool = False) -> float:
    """Return the CPU ms of a Create until the last is visible, or of one whose digest is forged."""
    host = node.speaker.split("/")[2]
    creates = [make_create(host, node.number + number) for number in range(count)]
    signed = [sign(node, activity, forged=forged) for activity in creates]
    path = f"/api/v2/search?type=accounts&q=speaker@{host}"
    before = node.read_cpu_ms()
    await deliver(node, signed, 401 if forged else 202)
    if not forged:
        node.number += count
        total = node.number
        await wait_until(
            node, path, lambda body: msgspec.json.decode(body)["accounts"][0]["statuses_count"] >= total
        )
    return (node.read_cpu_ms() - before) / count


async def slice_of_likes(node: Node, count: int) -> float:
    """Return the CPU ms of a Like by a known actor until the last is counted."""
    actor, uris = node.speaker, [await node.publish() for _ in range(count)]
    await asyncio.sleep(0.5)  # until the posts are delivered
    signed = [
        sign(node, activities.like(f"{actor}#{uri}", actor, uri, f"{node.base}/users/member0"), forged=False)
        for uri in uris
    ]
    path = f"/api/v1/statuses/{uris[0].rpartition('/')[2]}"
    before = node.read_cpu_ms()
    await deliver(node, signed, 202)
    await wait_until(node, path, lambda body: msgspec.json.decode(body)["favourites_count"] >= 1)
    return (node.read_cpu_ms() - before) / count


async def slice_of_deletes(node: Node, count: int) -> float:
    """Return the CPU ms of a Delete of an account that was never known."""
    host = node.speaker.split("/")[2]
    node.number += count
    uris = [f"http://{host}/users/never{node.number + number}" for number in range(count)]
    signed = [sign(node, activities.delete_actor(f"{uri}#delete", uri), forged=False) for uri in uris]
    before = node.read_cpu_ms()
    await deliver(node, signed, 202)
    return (node.read_cpu_ms() - before) / count


def list_reads() -> dict[str, Callable[[Node], Once]]:
    """Return the reads of clients and peers, by name."""
    paths: dict[str, Callable[[Node], str]] = {
        "home": lambda node: "/api/v1/timelines/home?limit=20",
        "status": lambda node: f"/api/v1/statuses/{node.seeded.status_id}",
        "context": lambda node: f"/api/v1/statuses/{node.seeded.root_id}/context",
        "notifications": lambda node: "/api/v1/notifications?limit=20",
        "account": lambda node: f"/api/v1/accounts/{node.seeded.account_id}",
        "account's statuses": lambda node: f"/api/v1/accounts/{node.seeded.account_id}/statuses",
    }
    reads: dict[str, Callable[[Node], Once]] = {
        name: lambda node, path=path: partial(node.request_api, path(node))  # type: ignore[misc]
        for name, path in paths.items()
    }
    reads["instance"] = lambda node: partial(node.request, "/api/v2/instance")
    reads["actor"] = lambda node: partial(node.request, "/users/member0", Accept=ACTIVITY_JSON)
    webfinger = "/.well-known/webfinger?resource=acct:member0@localhost"
    reads["webfinger"] = lambda node: partial(node.request, f"{webfinger}:{node.port}")
    return reads


def list_pages() -> dict[str, Callable[[Node], Once]]:
    """Return the pages, by name."""
    plan: list[tuple[str, Callable[[Node], str], bool]] = [
        ("page: home", lambda node: "/home", True),
        ("page: thread", lambda node: f"/@member1/{node.seeded.root_id}", True),
        ("page: article, guest", lambda node: node.seeded.article_path, False),
        ("page: article, member", lambda node: node.seeded.article_path, True),
        ("page: blog, guest", lambda node: "/blog", False),
    ]
    return {
        name: lambda node, path=path, member=member: partial(node.request_page, path(node), member=member)  # type: ignore[misc]
        for name, path, member in plan
    }


def list_workloads(*, pages: bool) -> dict[str, tuple[Callable[[Node, int], Awaitable[float]], int]]:
    """Return the workloads by name, each with the requests of a slice."""
    reads = {**list_reads(), **(list_pages() if pages else {})}
    workloads: dict[str, tuple[Callable[[Node, int], Awaitable[float]], int]] = {
        name: (partial(slice_of_requests, prepare), 50 if name.startswith("page") else 200)
        for name, prepare in reads.items()
    }
    workloads["post"] = partial(slice_of_requests, lambda node: partial(node.publish, local_only=True)), 50
    workloads["inbox: Create"] = slice_of_creates, 50
    workloads["inbox: forged digest"] = partial(slice_of_creates, forged=True), 200
    workloads["inbox: Like"] = slice_of_likes, 50
    workloads["inbox: unknown Delete"] = slice_of_deletes, 200
    return workloads


async def run_in_tree(tree: Path, *arguments: str) -> bytes:
    """Run Python with the code of a tree and return what it prints."""
    process = await start_in_tree(tree, *arguments, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"failed in {tree}: {arguments[0]}")
    return output


async def start_in_tree(
    tree: Path, *arguments: str, stdout: int = asyncio.subprocess.DEVNULL
) -> asyncio.subprocess.Process:
    """Start Python with the code of a tree."""
    return await asyncio.create_subprocess_exec(
        sys.executable, *arguments, cwd=tree, env={"PYTHONPATH": str(tree)}, stdout=stdout
    )


async def start_node(
    tree: Path, folder: Path, host: str, members: int, posts: int, http: aiohttp.ClientSession
) -> Node:
    """Seed and start a node with the code of a tree."""
    port = free_port()
    seeding = "-c", SEED, str(folder), str(port), str(members), str(posts), host
    seeded = msgspec.json.decode(await run_in_tree(tree, *seeding), type=Seeded)
    process = await start_in_tree(tree, "-m", "fedserver", "run", "--config", str(folder / "fedserver.toml"))
    node = Node(tree, folder, port, seeded, f"http://{host}/users/speaker", process, http)
    async with asyncio.timeout(30):
        while True:
            assert process.returncode is None
            try:
                await node.request("/readyz")
                return node
            except (aiohttp.ClientError, AssertionError):
                await asyncio.sleep(0.1)


async def compare(nodes: Sequence[Node], names: Sequence[str], slices: int) -> None:
    """Print the medians of each workload."""
    pages = all(node.seeded.session for node in nodes)
    print(f"{'workload':26} {'other ms':>9} {'this ms':>9} {'ratio':>6} {'quartiles':>12}")
    for name, (workload, count) in list_workloads(pages=pages).items():
        if names and not any(wanted in name for wanted in names):
            continue
        pairs = []
        for turn in range(-1, slices):
            # Who comes first alternates, as what follows a slice may disturb the next.
            order = nodes if turn % 2 else nodes[::-1]
            costs = {id(node): await workload(node, count) for node in order}
            if turn >= 0:  # the first pair warms
                pairs.append([costs[id(node)] for node in nodes])
        medians = [statistics.median(costs) for costs in zip(*pairs, strict=True)]
        low, middle, high = statistics.quantiles([this / other for other, this in pairs], n=4)
        print(
            f"{name:26} {medians[0]:9.3f} {medians[1]:9.3f} {middle:6.2f} {low:5.2f}-{high:5.2f}", flush=True
        )


async def run(other: Path, this: Path, names: Sequence[str], slices: int, members: int, posts: int) -> None:
    """Start a node of each tree, compare, and end them."""
    stubs = StubHosts()
    await stubs.start()
    nodes: list[Node] = []
    with tempfile.TemporaryDirectory(prefix="fedserver-compare-") as folder:
        async with aiohttp.ClientSession() as http:
            try:
                for tree in (other, this):
                    place = Path(tempfile.mkdtemp(dir=folder))
                    host = stubs.list_hosts(1)[0]
                    nodes.append(await start_node(tree, place, host, members, posts, http))
                await asyncio.sleep(2)  # until the starts are over
                await compare(nodes, names, slices)
            finally:
                for node in nodes:
                    node.process.terminate()
                    await node.process.wait()
                await stubs.stop()


def main() -> None:
    """Compare this tree with the one named on the command line."""
    parser = argparse.ArgumentParser(description="CPU milliseconds a request of two trees, by turns")
    parser.add_argument("other", type=Path, help="the root of the other tree, such as a worktree")
    parser.add_argument("names", nargs="*", help="workloads whose names have one of these in them")
    parser.add_argument("--slices", type=int, default=15)
    parser.add_argument("--members", type=int, default=100)
    parser.add_argument("--posts", type=int, default=5_000)
    options = parser.parse_args()
    this = Path(__file__).resolve().parents[1]
    asyncio.run(
        run(options.other.resolve(), this, options.names, options.slices, options.members, options.posts)
    )


if __name__ == "__main__":
    main()
