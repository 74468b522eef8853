"""Real nodes for tests: real HTTP over TLS on loopback, real databases, honest https addresses.

`alpha.test` and `beta.test` lead to ports of 127.0.0.1; any other name does not resolve. Nothing runs in the
background: `await node.settle()` does what is due.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from argon2 import PasswordHasher

from fedserver.config import (
    Community,
    Config,
    DatabaseConfig,
    Federation,
    Limits,
    Mail,
    Media,
    Registration,
    Translation,
)
from fedserver.config import Node as NodeConfig
from fedserver.domain import members, posts, tokens
from fedserver.domain.passwords import Passwords
from fedserver.node import Node, open_node
from storage import AccountRow, MemberRow
from tests.kit import answers, databases, people, tls
from tests.kit.clock import Clock

PASSWORD = "correct horse battery"
SCOPES = "read write follow push"


class TestNode:
    """A node of a test, with a client that trusts its certificate."""

    __test__ = False

    def __init__(self, node: Node, domain: str, clock: Clock, names: tls.Names) -> None:
        self.node = node
        self.domain = domain
        self.clock = clock
        self.base = node.services.site.links.base
        context = ssl.create_default_context(cafile=tls.ca_file())
        self.http = aiohttp.ClientSession(
            base_url=self.base,
            connector=aiohttp.TCPConnector(ssl=context, resolver=None if ":" in domain else names),
            cookie_jar=aiohttp.CookieJar(),
        )

    @property
    def db(self) -> Any:
        return self.node.services.db

    @property
    def site(self) -> Any:
        return self.node.services.site

    async def settle(self) -> int:
        return await self.node.settle()

    async def member(self, username: str, role: str = "member") -> AccountRow:
        """A member who is let in; the password is PASSWORD."""
        hashed = await self.node.services.passwords.hash(PASSWORD)
        async with self.db.write() as tx:
            _, account = await members.add(
                tx, self.site, username, f"{username}@mail.test", hashed, people.new_keys(), role=role
            )
        return account

    async def member_row(self, account: AccountRow) -> MemberRow:
        async with self.db.read() as tx:
            return await members.by_username(tx, account.username)

    async def write(self, author: AccountRow, text: str, **draft: Any) -> int:
        """A post of a member, delivered to nobody yet."""
        async with self.db.write() as tx:
            return await posts.publish(tx, self.site, author, posts.Draft(text=text, **draft))

    async def token(self, account: AccountRow, scopes: str = SCOPES) -> str:
        """An access token of a member."""
        member = await self.member_row(account)
        async with self.db.write() as tx:
            made = await tokens.create(tx, scopes, app_id=None, member_id=member.id, account_id=account.id)
        return made.secret

    async def close(self) -> None:
        await self.http.close()
        await self.node.close()


Start = Callable[..., Awaitable[TestNode]]


def config_for(domain: str, folder: Path, database_url: str, **federation: Any) -> Config:
    """The configuration of a test node; `localhost:PORT` speaks plain http."""
    plain = domain.startswith("localhost:")
    registration = federation.pop("registration", "open")
    mail = federation.pop("mail", Mail())
    translation = federation.pop("translation", Translation())
    trusted = {
        "allow_networks": ("127.0.0.0/8", "::1/128"),
        "ca_file": tls.ca_file(),
        "allow_http": plain,
        **federation,
    }
    base = f"http://{domain}" if plain else f"https://{domain}"
    return Config(
        node=NodeConfig(domain=domain, base_url=base, data_dir=str(folder)),
        community=Community(title=f"Node {domain}"),
        database=DatabaseConfig(url=database_url),
        media=Media(store=f"file:{folder / 'media'}"),
        federation=Federation(**trusted),
        registration=Registration(mode=registration),
        mail=mail,
        translation=translation,
        limits=Limits(requests_per_5_minutes=100_000),
    )


async def start_node(
    domain: str, folder: Path, names: tls.Names, clock: Clock, database_url: str, **federation: Any
) -> TestNode:
    """Start a node at https://DOMAIN, or for `localhost` at http on a free port."""
    plain = domain == "localhost"
    port = _free_port() if plain else 0
    domain = f"localhost:{port}" if plain else domain
    config = config_for(domain, folder, database_url, **federation)
    quick = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    node = await open_node(config, clock=clock, resolver=None if plain else names, passwords=quick)
    answers.keep(node.application)

    def sites(runner: web.AppRunner) -> Sequence[web.BaseSite]:
        context = None if plain else tls.server_context(domain)
        return [web.TCPSite(runner, "127.0.0.1", port, ssl_context=context)]

    await node.serve(sites)
    if not plain:
        names.ports[domain] = node.addresses[0][1]
    return TestNode(node, domain, clock, names)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def new_database(kind: str, folder: Path, domain: str) -> str:
    """A fresh database of `sqlite` or `postgresql`."""
    if kind == "sqlite":
        folder.mkdir(parents=True, exist_ok=True)
        return databases.new_sqlite(folder, f"{domain}.sqlite3")
    databases.require_postgres()
    return databases.new_postgres()
