"""The node: everything is put together here, started and stopped. The only place that knows all floors."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog
from aiohttp import web
from aiohttp.abc import AbstractResolver

from fedserver import domain
from fedserver.client_api.hub import HUB, Hub
from fedserver.config import Config
from fedserver.federation.authenticate import Authenticator
from fedserver.federation.fetch import Fetcher
from fedserver.federation.inbox import Inbox
from fedserver.federation.keys import Keyring, generate
from fedserver.federation.resolve import Resolver
from fedserver.http import Endpoint, Pages, Services, files, template_values
from fedserver.http.application import build
from fedserver.http.ratelimit import Limits
from fedserver.links import Links
from fedserver.media.images import ImageWorker
from fedserver.media.store import FileStore
from fedserver.net import Client, Guard, Translator
from fedserver.surfaces import SURFACES, TEMPLATES
from fedserver.version import VERSION
from fedserver.workers.runner import Runner
from storage import Database, Event
from storage.opening import open_database
from storage.upgrade import upgrade

log = structlog.stdlib.get_logger("fedserver.node")


def system_clock() -> int:
    """Milliseconds UTC."""
    return time.time_ns() // 1_000_000


def all_endpoints() -> list[Endpoint]:
    """Every endpoint of every surface."""
    return [*files.routes.endpoints, *(endpoint for surface in SURFACES for endpoint in surface())]


class Node:
    """One node. Make it with `open_node`."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.runner = Runner(services)
        self.application = build(services, all_endpoints())
        self.hub = Hub(services)
        self.application[HUB] = self.hub
        self._web = web.AppRunner(self.application, access_log=None, shutdown_timeout=10.0)
        self._stop_listening = services.db.listen(self._hear)
        self._reloads: set[asyncio.Task[None]] = set()

    def _hear(self, event: Event) -> None:
        if event.kind == domain.events.PEER_CHANGED:
            task = asyncio.create_task(self.load_policies())
            self._reloads.add(task)
            task.add_done_callback(self._reloads.discard)
        elif event.kind == domain.events.ACCOUNT_CHANGED:
            self.services.keyring.forget(event.data["account_id"])
            self.services.authenticator.forget(event.data["account_id"])

    async def load_policies(self) -> None:
        async with self.services.db.read() as tx:
            await self.services.policies.load(tx)

    async def serve(self, sites: Callable[[web.AppRunner], Sequence[web.BaseSite]]) -> None:
        """Listen where `sites` says."""
        await self._web.setup()
        for site in sites(self._web):
            await site.start()

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """Where it listens."""
        return self._web.addresses

    async def settle(self) -> int:
        """For tests: do all work that is due."""
        return await self.runner.settle()

    async def setup_link(self) -> str | None:
        """The address that makes the first owner, None if there is a member."""
        async with self.services.db.write() as tx:
            token = await domain.sign_ups.setup_link(tx)
        return f"{self.services.site.links.base}/setup/{token}" if token else None

    async def close(self) -> None:
        """Answer what was asked, finish what was begun, close what is open."""
        await self.hub.close()
        await self._web.cleanup()
        await self.runner.stop()
        self._stop_listening()
        self.services.images.close()
        self.services.passwords.close()
        await self.services.client.close()
        if self.services.translator is not None:
            await self.services.translator.close()
        await self.services.db.close()


async def open_node(
    config: Config,
    *,
    clock: Callable[[], int] = system_clock,
    resolver: AbstractResolver | None = None,
    passwords: domain.passwords.Passwords | None = None,
) -> Node:
    """Bring the schema up to date and put a node together. Raises Unavailable, SchemaTooNew."""
    await upgrade(config.database.url)
    db = await open_database(config.database.url, clock)
    links = Links(config.node.base_url.rstrip("/"), config.node.domain)
    services = _services(
        domain.Site(config, links), db, clock, resolver, passwords or domain.passwords.Passwords()
    )
    await _first_start(services)
    async with db.read() as tx:
        await services.policies.load(tx)
    return Node(services)


async def _first_start(services: Services) -> None:
    async with services.db.read() as tx:
        known = await domain.accounts.instance_account(tx, services.site)
    if known is None:
        new = await generate()
        async with services.db.write() as tx:
            if await domain.accounts.instance_account(tx, services.site) is None:
                await domain.accounts.create_instance_account(tx, services.site, new)


def _services(
    site: domain.Site,
    db: Database,
    clock: Callable[[], int],
    resolver: AbstractResolver | None,
    passwords: domain.passwords.Passwords,
) -> Services:
    config = site.config
    federation = config.federation
    agent = f"fedserver/{VERSION} (+{site.links.base}/)"
    client = Client(
        Guard(federation.allow_networks, allow_http=federation.allow_http),
        user_agent=agent,
        ca_file=federation.ca_file,
        resolver=resolver,
    )
    keyring, policies = Keyring(), domain.peers.Policies(federation.mode)
    fetcher = Fetcher(db, site, client, keyring, clock)
    finder = Resolver(db, site, fetcher, policies, clock)
    authenticator = Authenticator(db, finder, fetcher, policies, clock)
    return Services(
        db=db,
        site=site,
        client=client,
        store=FileStore(Path(config.media.store.removeprefix("file:"))),
        images=ImageWorker(),
        resolver=finder,
        keyring=keyring,
        authenticator=authenticator,
        inbox=Inbox(db, authenticator),
        policies=policies,
        passwords=passwords,
        limits=Limits(config.limits.requests_per_5_minutes, clock),
        pages=Pages(TEMPLATES, **template_values.values(site, clock)),
        log=log,
        translator=_translator(config, agent),
    )


def _translator(config: Config, user_agent: str) -> Translator | None:
    return Translator(config.translation, user_agent=user_agent) if config.translation.url else None
