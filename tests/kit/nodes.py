"""Real nodes for tests: real HTTP over TLS on loopback, real databases, honest https addresses.

`alpha.test` and `beta.test` lead to ports of 127.0.0.1; any other name does not resolve. Nothing runs in the
background: `await node.settle()` does what is due.
"""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from argon2 import PasswordHasher
from jinja2.bccache import Bucket, BytecodeCache

from fedserver.config import (
    CommunityConfig,
    Config,
    DatabaseConfig,
    FederationConfig,
    LimitsConfig,
    MediaConfig,
    MetricsConfig,
    RegistrationConfig,
)
from fedserver.config import NodeConfig as NodeConfig
from fedserver.domain.accounts.keys import NewKeys
from fedserver.domain.auth import members, tokens
from fedserver.domain.auth.passwords import Passwords
from fedserver.domain.posts import posts
from fedserver.node import Node, open_node
from storage.rows.accounts import AccountRow
from storage.rows.auth import MemberRow
from tests.kit import databases, people, response_log, tls
from tests.kit.clock import Clock

PASSWORD = "correct horse battery"
SCOPES = "read write follow push"


class TestNode:
    """A node of a test, with a client that trusts its certificate."""

    __test__ = False

    def __init__(self, node: Node, domain: str, clock: Clock, names: tls.LoopbackResolver) -> None:
        self.node = node
        self.domain = domain
        self.clock = clock
        self.names = names
        self.requested_paths: list[str] = []  # the paths of all requests that were answered
        self.base = node.services.site.links.base
        self._names = names
        self._browsers: list[aiohttp.ClientSession] = []
        self.http = self.open_browser()

    def open_browser(self) -> aiohttp.ClientSession:
        """Another client with cookies of its own."""
        opened = aiohttp.ClientSession(
            base_url=self.base,
            connector=aiohttp.TCPConnector(
                ssl=tls.client_context(), resolver=None if ":" in self.domain else self._names
            ),
            cookie_jar=aiohttp.CookieJar(),
        )
        self._browsers.append(opened)
        return opened

    @property
    def db(self) -> Any:
        return self.node.services.db

    @property
    def site(self) -> Any:
        return self.node.services.site

    async def settle(self) -> int:
        return await self.node.settle()

    async def create_member(self, username: str, role: str = "member") -> AccountRow:
        """Create a member who is approved; the password is PASSWORD."""
        hashed = await self.node.services.passwords.hash(PASSWORD)
        async with self.db.write() as tx:
            _, account = await members.create_approved(
                tx, self.site, username, f"{username}@mail.test", hashed, people.new_keys(), role=role
            )
        return account

    async def load_member(self, account: AccountRow) -> MemberRow:
        async with self.db.read() as tx:
            return await members.get_by_username(tx, account.username)

    async def publish(self, author: AccountRow, text: str, **draft: Any) -> int:
        """Publish a post of a member, delivered to nobody yet, and return its id."""
        async with self.db.write() as tx:
            return await posts.publish(tx, self.site, author, posts.Draft(text=text, **draft))

    async def create_token(self, account: AccountRow, scopes: str = SCOPES) -> str:
        """Return an access token of a member."""
        member = await self.load_member(account)
        async with self.db.write() as tx:
            made = await tokens.create(tx, scopes, app_id=None, member_id=member.id, account_id=account.id)
        return made.secret

    async def close(self) -> None:
        for browser in self._browsers:
            await browser.close()
        await self.node.close()


Start = Callable[..., Awaitable[TestNode]]


@asynccontextmanager
async def run_nodes(
    kind: str, folder: Path, names: tls.LoopbackResolver, clock: Clock
) -> AsyncIterator[Start]:
    """Yield what starts nodes, with a database of `sqlite` or `postgresql` each; all stop at the end."""
    started: list[TestNode] = []
    urls: list[str] = []

    async def begin(domain: str, **federation: Any) -> TestNode:
        own_folder = folder / f"{len(started)}-{domain}"
        urls.append(new_database(kind, own_folder, domain))
        started.append(await start_node(domain, own_folder, names, clock, urls[-1], **federation))
        return started[-1]

    yield begin
    for node in started:
        await node.close()
    for url in urls:
        if url.startswith("postgresql:"):
            databases.release(url)


def make_config(domain: str, folder: Path, database_url: str, **federation: Any) -> Config:
    """Return the configuration of a test node; `localhost:PORT` speaks plain HTTP."""
    plain = domain.startswith("localhost:")
    registration = federation.pop("registration", "open")
    metrics = federation.pop("metrics", "")
    sections = {name: federation.pop(name) for name in ("mail", "oidc", "translation") if name in federation}
    requests = federation.pop("requests", 100_000)
    rules, readers = federation.pop("rules", ()), federation.pop("readers", "everyone")
    limits, media = federation.pop("limits", {}), federation.pop("media", {})
    trusted = {
        "allow_networks": ("127.0.0.0/8", "::1/128"),
        "ca_file": tls.write_ca_file(),
        "allow_http": plain,
        **federation,
    }
    base = f"http://{domain}" if plain else f"https://{domain}"
    return Config(
        node=NodeConfig(domain=domain, base_url=base, data_dir=str(folder)),
        community=CommunityConfig(title=f"Node {domain}", rules=rules, readers=readers),
        database=DatabaseConfig(url=database_url),
        media=MediaConfig(store=f"file:{folder / 'media'}", **media),
        federation=FederationConfig(**trusted),
        registration=RegistrationConfig(mode=registration),
        metrics=MetricsConfig(listen=metrics),
        limits=LimitsConfig(requests_per_5_minutes=requests, **limits),
        **sections,
    )


async def start_node(
    domain: str, folder: Path, names: tls.LoopbackResolver, clock: Clock, database_url: str, **federation: Any
) -> TestNode:
    """Start a node at https://DOMAIN, or for `localhost` at http on a free port."""
    plain = domain == "localhost"
    port = _find_free_port() if plain else 0
    domain = f"localhost:{port}" if plain else domain
    config = make_config(domain, folder, database_url, **federation)
    quick = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    node = await open_node(
        config,
        clock=clock,
        resolver=None if plain else names,
        passwords=quick,
        new_keys=_make_key_generator(domain),
    )
    node.services.pages._environment.bytecode_cache = TEMPLATE_CACHE
    response_log.record_responses(node.application)
    made = TestNode(node, domain, clock, names)

    async def note(request: web.Request, response: web.StreamResponse) -> None:
        made.requested_paths.append(request.path)

    node.application.on_response_prepare.append(note)

    def sites(runner: web.AppRunner) -> Sequence[web.BaseSite]:
        context = None if plain else tls.server_context(domain)
        return [web.TCPSite(runner, "127.0.0.1", port, ssl_context=context)]

    await node.serve(sites)
    if not plain:
        names.ports[domain] = node.addresses[0][1]
    return made


def _make_key_generator(domain: str) -> Callable[[], Awaitable[NewKeys]]:
    """Return a key generator; no two nodes of a test have the same keys."""

    async def keys() -> NewKeys:
        return people.new_keys(domain)

    return keys


class _TemplateCache(BytecodeCache):
    """Pages compiled once a run."""

    def __init__(self) -> None:
        self._bytecode: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._bytecode:
            bucket.bytecode_from_string(self._bytecode[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._bytecode[bucket.key] = bucket.bytecode_to_string()


TEMPLATE_CACHE = _TemplateCache()


def _find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def new_database(kind: str, folder: Path, domain: str) -> str:
    """Return the URL of a fresh database of `sqlite` or `postgresql`."""
    if kind == "sqlite":
        folder.mkdir(parents=True, exist_ok=True)
        return databases.new_sqlite(folder, f"{domain}.sqlite3")
    databases.require_postgres()
    return databases.new_postgres()
