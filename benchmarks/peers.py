"""The cost of peers: activities of known and unknown actors, a flood of Deletes, and dead peers.

The stubs are one server under many loopback addresses, each of which is a host. Dead peers accept
connections and never answer.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import aiohttp
import msgspec
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from activitypub import activities, webfinger
from activitypub.document import Document
from activitypub.keys import load_private
from activitypub.signatures import cavage
from activitypub.signatures.digest import sha256
from activitypub.terms import ACTIVITY_JSON, PUBLIC
from benchmarks.seed import SeedResult, build_context, create_remote_account
from fedserver.config import Config
from fedserver.domain.accounts import accounts
from fedserver.domain.auth import members, tokens
from fedserver.domain.posts import posts
from fedserver.federation.signing import build_request
from fedserver.jobs.registry import DEFAULT, KINDS_BY_QUEUE
from storage.clock import system_clock
from storage.opening import open_database
from storage.queries.kernel import jobs as job_queries
from storage.queries.posts import posts as post_queries
from storage.queries.relationships import follows as follow_queries
from storage.rows.accounts import AccountRow
from storage.rows.relationships import FollowRow

PARALLEL, POSTS = 8, 200
DEAD, ALIVE, FLOOD = 1_000, 20, 10_000
Measurement = tuple[str, float, float, float]  # what, CPU ms (or seconds) each, its budget, how many a second


class BenchmarkNode(Protocol):
    """The node that is measured."""

    base: str
    seeded: SeedResult
    session: aiohttp.ClientSession

    async def wait_until(self, path: str, wanted: Callable[[bytes], bool], seconds: float = 60) -> None: ...


@dataclass
class BenchmarkTargets:
    """Posts of a member whom dead and living peers follow, to be liked, boosted and followed."""

    author: AccountRow
    posts: list[tuple[int, str]]
    token: str


class BenchmarkPeers:
    """Hosts that serve actors and accept deliveries; some only accept connections."""

    def __init__(self, public_key: str) -> None:
        self.fetch_count, self._key = 0, public_key
        self.received: dict[str, set[str]] = {}
        self.changed = asyncio.Event()
        self._connections: list[asyncio.StreamWriter] = []

    async def start(self) -> None:
        application = web.Application()
        application.router.add_get("/.well-known/webfinger", self._serve_webfinger)
        application.router.add_get("/users/{name}", self._serve_actor)
        application.router.add_post("/{rest:.*}", self._receive)
        self._runner = web.AppRunner(application, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "0.0.0.0", 0, backlog=1_024).start()
        self.port = self._runner.addresses[0][1]
        self._silent_server = await asyncio.start_server(self._hold_connection, "0.0.0.0", 0, backlog=1_024)
        self._silent_port = self._silent_server.sockets[0].getsockname()[1]

    def _hold_connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.append(writer)

    def list_hosts(self, count: int, *, dead: bool = False) -> list[str]:
        port, net = (self._silent_port, 2) if dead else (self.port, 1)
        return [f"127.{net}.{number // 250 + 1}.{number % 250 + 1}:{port}" for number in range(count)]

    async def _serve_actor(self, request: web.Request) -> web.Response:
        self.fetch_count += 1
        uri = f"http://{request.host}{request.path}"
        document = {
            "id": uri, "type": "Person", "preferredUsername": request.match_info["name"],
            "inbox": f"{uri}/inbox", "outbox": f"{uri}/outbox", "followers": f"{uri}/followers",
            "publicKey": {"id": f"{uri}#main-key", "owner": uri, "publicKeyPem": self._key},
        }  # fmt: skip
        return web.Response(body=msgspec.json.encode(document), content_type=ACTIVITY_JSON)

    async def _serve_webfinger(self, request: web.Request) -> web.Response:
        handle = request.query["resource"].removeprefix("acct:")
        base = f"http://{request.host}"
        uri = f"{base}/users/{handle.partition('@')[0]}"
        return web.json_response(webfinger.write_jrd(handle, uri, uri, base))

    async def _receive(self, request: web.Request) -> web.Response:
        activity = msgspec.json.decode(await request.read())
        self.received.setdefault(activity["type"], set()).add(request.host + request.path)
        self.changed.set()
        return web.Response(status=202)

    async def wait_for(self, kind: str, count: int, seconds: float = 60) -> None:
        """Wait until `count` inboxes have received an activity of a type."""
        async with asyncio.timeout(seconds):
            while len(self.received.get(kind, ())) < count:
                self.changed.clear()
                await self.changed.wait()

    async def stop(self) -> None:
        for writer in self._connections:
            writer.transport.abort()
        self._silent_server.close()
        await self._runner.cleanup()


async def prepare_targets(config: Config, seeded: SeedResult, peers: BenchmarkPeers) -> BenchmarkTargets:
    """Publish posts of a member whom nobody follows yet; then add the followers, the dead ones first."""
    site, db = build_context(config), await open_database(config.database.url, system_clock)
    published = []
    async with db.write() as tx:
        member = await members.get_by_username(tx, "member5")
        author = await accounts.get_local(tx, "member5")
        for number in range(POSTS):
            post_id = await posts.publish(tx, site, author, posts.Draft(text=f"To be liked, {number}"))
            row = await post_queries.find(tx, post_id)
            assert row is not None
            published.append((row.id, row.uri))
        # These were written to be liked, not to be delivered.
        leased = await job_queries.lease(tx, until=tx.now, limit=10 * POSTS, kinds=KINDS_BY_QUEUE[DEFAULT])
        await job_queries.finish(tx, [job.id for job in leased])
        token = await tokens.create(tx, "read write", app_id=None, member_id=member.id, account_id=author.id)
    async with db.write() as tx:
        for host in (*peers.list_hosts(DEAD, dead=True), *peers.list_hosts(ALIVE)):
            fan = await create_remote_account(tx, host, "fan", seeded.keys)
            # Without an Accept, whose delivery would find the dead before they are measured.
            row_id = tx.new_id()
            follow = FollowRow(row_id, fan.id, author.id, f"{fan.uri}#follow", True, False, "", tx.now)
            await follow_queries.insert(tx, follow)
    await db.close()
    return BenchmarkTargets(author, published, token.secret)


class ActivitySender:
    """Signs activities as their actors, and delivers them to the node's shared inbox, eight at once."""

    def __init__(self, running: BenchmarkNode) -> None:
        key = load_private(running.seeded.keys.rsa_private)
        assert isinstance(key, RSAPrivateKey)
        self._key, self._running, self._url = key, running, running.base + "/inbox"

    def sign(self, activity: Document) -> tuple[dict[str, str], bytes]:
        body = msgspec.json.encode(activity)
        key_id = f"{activity['actor']}#main-key"
        headers = cavage.sign(
            self._key, key_id, build_request("POST", self._url), system_clock(), sha256(body)
        )
        return {**headers, "Content-Type": ACTIVITY_JSON}, body

    async def send(self, signed: Iterable[tuple[dict[str, str], bytes]]) -> None:
        remaining = iter(signed)

        async def worker() -> None:
            for headers, body in remaining:
                async with self._running.session.post(self._url, data=body, headers=headers) as answer:
                    assert answer.status == 202, (answer.status, await answer.text())

        await asyncio.gather(*(worker() for _ in range(PARALLEL)))


class PeerWorkloads:
    """The workloads; each adds a measurement."""

    def __init__(
        self,
        running: BenchmarkNode,
        cpu: Callable[[], float],
        targets: BenchmarkTargets,
        peers: BenchmarkPeers,
        speaker: str,
    ) -> None:
        self._running, self._cpu, self._targets, self._peers = running, cpu, targets, peers
        self._speaker, self._sender = speaker, ActivitySender(running)
        self.measurements: list[Measurement] = []

    async def _measure(
        self,
        what: str,
        budget: float,
        activities_: Sequence[Document],
        done: Callable[[], Awaitable[None]],
    ) -> None:
        signed = [self._sender.sign(activity) for activity in activities_]
        before, began = self._cpu(), time.perf_counter()
        await self._sender.send(signed)
        await done()
        took, count = time.perf_counter() - began, len(signed)
        self.measurements.append((what, (self._cpu() - before) * 1_000 / count, budget, count / took))

    async def _wait_for_counts(self, field: str, count: int) -> None:
        """Wait until the last of `count` posts has a like or boost; a host's activities come in order."""
        for number, _ in (self._targets.posts[count - 1], *self._targets.posts[: count : count // 8]):
            await self._running.wait_until(
                f"/api/v1/statuses/{number}", lambda body: msgspec.json.decode(body)[field] >= 1
            )

    async def measure_known_actors(self) -> None:
        author, actor = self._targets.author.uri, self._speaker
        likes = [
            activities.like(f"{actor}#like-{number}", actor, uri, author)
            for number, uri in self._targets.posts
        ]
        await self._measure(
            "inbox: Like, known actor", 1.0, likes, lambda: self._wait_for_counts("favourites_count", POSTS)
        )
        boosts = [
            activities.announce(f"{actor}/boosts/{number}", actor, uri, [PUBLIC], [], system_clock())
            for number, uri in self._targets.posts
        ]
        await self._measure(
            "inbox: Announce, known actor", 1.2, boosts, lambda: self._wait_for_counts("reblogs_count", POSTS)
        )
        # The posts that the inbox's workload left.
        gone = [f"{actor}/posts/{number}" for number in range(POSTS)]
        path = f"/api/v2/search?type=accounts&q=speaker@{actor.split('/')[2]}"
        left = 0

        def fewer(body: bytes) -> bool:
            nonlocal left
            count = int(msgspec.json.decode(body)["accounts"][0]["statuses_count"])
            left = left or count
            return count <= left - POSTS

        await self._running.wait_until(path, lambda body: not fewer(body))
        deletes = [activities.delete(f"{uri}#delete", actor, uri, [PUBLIC]) for uri in gone]
        await self._measure(
            "inbox: Delete, known actor", 1.0, deletes, lambda: self._running.wait_until(path, fewer)
        )

    async def measure_unknown_actors(self) -> None:
        hosts, author = self._peers.list_hosts(ALIVE), self._targets.author.uri
        names = [f"http://{hosts[number % ALIVE]}/users/new{number}" for number in range(POSTS // 2)]
        follows = [activities.follow(f"{name}#follow", name, author) for name in names]
        await self._measure(
            "inbox: Follow, unknown actor, Accept sent", 8.0, follows,
            lambda: self._peers.wait_for("Accept", len(names)),
        )  # fmt: skip
        number, uri = self._targets.posts[0]
        names = [name.replace("/new", "/liker") for name in names]
        likes = [activities.like(f"{name}#like", name, uri, author) for name in names]
        await self._measure(
            "inbox: Like, unknown actor", 8.0, likes,
            lambda: self._running.wait_until(
                f"/api/v1/statuses/{number}",
                lambda body: msgspec.json.decode(body)["favourites_count"] > len(names),
            ),
        )  # fmt: skip

    async def measure_delete_flood(self) -> None:
        asked, host = self._peers.fetch_count, self._peers.list_hosts(1)[0]
        uris = [f"http://{host}/users/never{number}" for number in range(FLOOD)]

        async def nothing() -> None:
            assert self._peers.fetch_count == asked, "keys were fetched"

        deletes = [activities.delete_actor(f"{uri}#delete", uri) for uri in uris]
        await self._measure(f"inbox: {FLOOD:,} Deletes of unknown actors", 0.2, deletes, nothing)

    async def measure_dead_peers(self) -> None:
        """Measure the seconds until living peers have a post, before and after the dead ones are known."""
        headers = {"Authorization": f"Bearer {self._targets.token}"}
        living = {f"{host}/inbox" for host in self._peers.list_hosts(ALIVE)}
        for when in ("at first", "known"):
            self._peers.received.clear()
            began = time.perf_counter()
            async with self._running.session.post(
                self._running.base + "/api/v1/statuses", json={"status": f"To all, {when}"}, headers=headers
            ) as answer:
                assert answer.status == 200, await answer.text()
            await self._peers.wait_for("Create", len(living), 120)
            took = time.perf_counter() - began
            budget = 15.0 if when == "at first" else 1.0
            self.measurements.append(
                (f"{DEAD:,} dead ({when}): s to {ALIVE} living", took, budget, ALIVE / took)
            )


async def measure_all(
    running: BenchmarkNode, config: Config, cpu: Callable[[], float], speaker: str
) -> list[Measurement]:
    """Run all workloads; `speaker` is the actor whose posts the inbox's workload has delivered."""
    peers = BenchmarkPeers(running.seeded.keys.rsa_public)
    await peers.start()
    try:
        targets = await prepare_targets(config, running.seeded, peers)
        workloads = PeerWorkloads(running, cpu, targets, peers, speaker)
        for workload in (
            workloads.measure_known_actors,
            workloads.measure_unknown_actors,
            workloads.measure_delete_flood,
            workloads.measure_dead_peers,
        ):
            await workload()
        return workloads.measurements
    finally:
        await peers.stop()
