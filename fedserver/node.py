"""The node: everything is put together here, started and stopped. The only place that knows all floors."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import structlog
from aiohttp import web
from aiohttp.abc import AbstractResolver

from fedserver.client_api.timelines.hub import HUB, Hub
from fedserver.client_api.timelines.stream_events import TELLERS
from fedserver.config import Config
from fedserver.config import Limits as LimitsConfig
from fedserver.domain.accounts import accounts, keys
from fedserver.domain.auth import ip_blocks
from fedserver.domain.auth.passwords import Passwords
from fedserver.domain.kernel import events, secrets
from fedserver.domain.kernel.context import Site
from fedserver.domain.kernel.errors import DomainError
from fedserver.domain.notifications import push_keys
from fedserver.domain.peers import peers
from fedserver.domain.registration import setup
from fedserver.federation.authenticate import Authenticator
from fedserver.federation.fetch import Fetcher
from fedserver.federation.inbox import Inbox
from fedserver.federation.keys import Keyring, generate
from fedserver.federation.remote_files import RemoteFiles
from fedserver.federation.resolve import Resolver
from fedserver.integrations.oidc import Provider
from fedserver.integrations.translator import Translator
from fedserver.integrations.web_push import new_vapid_key
from fedserver.jobs.runner import Runner
from fedserver.links import Links
from fedserver.media.av_worker import Most, Recordings
from fedserver.media.image_worker import Images
from fedserver.media.store import FileStore
from fedserver.net.client import Client
from fedserver.net.guard import Guard
from fedserver.on_demand import on_demand
from fedserver.surfaces import SURFACES, TEMPLATES
from fedserver.version import VERSION
from fedserver.web import files, template_values
from fedserver.web.application import build
from fedserver.web.endpoint import Endpoint
from fedserver.web.html import Pages
from fedserver.web.metrics import CountedDatabase, Metrics
from fedserver.web.rate_limits import Limits
from fedserver.web.services import Services
from storage.engine import Database, Event
from storage.errors import Conflict
from storage.opening import open_database
from storage.upgrade import upgrade

exposition = on_demand("fedserver.web.exposition")
log = structlog.stdlib.get_logger("fedserver.node")
MakeKeys = Callable[[], Awaitable[keys.NewKeys]]
Sites = Callable[[web.AppRunner], Sequence[web.BaseSite]]


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
        self.hub = Hub(services, TELLERS)
        self.application[HUB] = self.hub
        self._web = web.AppRunner(self.application, access_log=None, shutdown_timeout=10.0)
        self._metrics: web.AppRunner | None = None
        self._stop_listening = services.db.listen(self._hear)
        self._reloads: set[asyncio.Task[None]] = set()

    def _hear(self, event: Event) -> None:
        if event.kind in (events.PEER_CHANGED, events.ADDRESSES_CHANGED):
            task = asyncio.create_task(self.load_policies())
            self._reloads.add(task)
            task.add_done_callback(self._reloads.discard)
        elif event.kind == events.ACCOUNT_CHANGED:
            self.services.keyring.forget(event.data["account_id"])
            self.services.authenticator.forget(event.data["account_id"])

    async def load_policies(self) -> None:
        async with self.services.db.read() as tx:
            await self.services.policies.load(tx)
            await self.services.fences.load(tx)

    async def serve(self, sites: Sites) -> None:
        """Listen where `sites` says."""
        await _listen(self._web, sites)

    async def serve_metrics(self, sites: Sites) -> None:
        """Answer `GET /metrics` where `sites` says."""
        told = exposition.application(self.services, self.runner.depths)
        self._metrics = web.AppRunner(told, access_log=None)
        await _listen(self._metrics, sites)

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """Where it listens."""
        return self._web.addresses

    @property
    def metrics_addresses(self) -> list[tuple[str, int]]:
        """Where it answers `GET /metrics`."""
        return self._metrics.addresses if self._metrics else []

    async def settle(self) -> int:
        """For tests: do all work that is due."""
        return await self.runner.settle()

    async def setup_link(self) -> str | None:
        """The address that makes the first owner, None if there is a member."""
        async with self.services.db.write() as tx:
            token = await setup.setup_link(tx)
        return f"{self.services.site.links.base}/setup/{token}" if token else None

    async def close(self) -> None:
        """Answer what was asked, finish what was begun, close what is open."""
        await self.hub.close()
        await self._web.cleanup()
        if self._metrics:
            await self._metrics.cleanup()
        await self.runner.stop()
        self._stop_listening()
        self.services.remote_files.close()
        self.services.images.close()
        self.services.recordings.close()
        self.services.passwords.close()
        await self.services.client.close()
        if self.services.provider is not None:
            await self.services.provider.close()
        if self.services.translator is not None:
            await self.services.translator.close()
        await self.services.db.close()


async def _listen(runner: web.AppRunner, sites: Sites) -> None:
    await runner.setup()
    for site in sites(runner):
        await site.start()


async def open_node(
    config: Config,
    *,
    clock: Callable[[], int] = system_clock,
    resolver: AbstractResolver | None = None,
    passwords: Passwords | None = None,
    new_keys: MakeKeys = generate,
) -> Node:
    """Bring the schema up to date and put a node together. Raises Unavailable, SchemaTooNew.

    `new_keys` makes the keys of newcomers, and of the node itself at its first start.
    """
    await upgrade(config.database.url)
    db = await open_database(config.database.url, clock)
    if config.metrics.listen:
        db = CountedDatabase(db)
    links = Links(
        config.node.base_url.rstrip("/"),
        config.node.domain,
        proxies=config.media.proxy,
        secret=await _push_key(db),
    )
    services = _services(
        Site(config, links),
        db,
        clock,
        resolver,
        passwords or Passwords(),
        new_keys,
    )
    await _first_start(services)
    node = Node(services)
    await node.load_policies()
    return node


async def _push_key(db: Database) -> bytes:
    """Make the key for push messages, once; the secret that comes of it."""
    async with db.read() as tx:
        known = await push_keys.public(tx)
    if not known:
        async with db.write() as tx:
            await push_keys.keep(tx, *new_vapid_key())
    async with db.read() as tx:
        return await push_keys.secret(tx)


async def _first_start(services: Services) -> None:
    if await _is_made(services):
        return
    new = await services.new_keys()
    try:
        async with services.db.write() as tx:
            await accounts.create_instance_account(tx, services.site, new)
    except (Conflict, DomainError):
        # Processes that start together find nothing together; one was quicker.
        if not await _is_made(services):
            raise


async def _is_made(services: Services) -> bool:
    async with services.db.read() as tx:
        return await accounts.instance_account(tx, services.site) is not None


def _recordings(limits: LimitsConfig) -> Recordings:
    # What is coded anew may be larger than what came.
    return Recordings(
        Most(
            seconds=limits.media_seconds,
            pixels=limits.video_pixels,
            frame_rate=limits.video_frame_rate,
            bytes=4 * limits.video_bytes,
        )
    )


def _services(
    site: Site,
    db: Database,
    clock: Callable[[], int],
    resolver: AbstractResolver | None,
    passwords: Passwords,
    new_keys: MakeKeys,
) -> Services:
    config = site.config
    federation = config.federation
    client = Client(
        Guard(federation.allow_networks, allow_http=federation.allow_http),
        user_agent=_user_agent(site),
        ca_file=federation.ca_file,
        resolver=resolver,
    )
    keyring, policies = Keyring(), peers.Policies(federation.mode)
    fetcher = Fetcher(db, site, client, keyring, clock)
    finder = Resolver(db, site, fetcher, policies, clock)
    authenticator = Authenticator(db, finder, fetcher, policies, clock)
    store, images = FileStore(Path(config.media.store.removeprefix("file:"))), Images()
    return Services(
        db=db,
        site=site,
        client=client,
        provider=_provider(site, resolver, clock),
        store=store,
        images=images,
        remote_files=RemoteFiles(db, site, client, store, images, policies, clock),
        recordings=_recordings(config.limits),
        resolver=finder,
        keyring=keyring,
        authenticator=authenticator,
        inbox=Inbox(db, authenticator),
        policies=policies,
        fences=ip_blocks.Fences(clock),
        passwords=passwords,
        new_keys=new_keys,
        seal=secrets.Seal(Path(config.node.data_dir) / "seal.key"),
        limits=Limits(config.limits.requests_per_5_minutes, clock),
        pages=Pages(TEMPLATES, proxies=config.media.proxy, **template_values.values(site, clock)),
        metrics=Metrics(),
        log=log,
        translator=_translator(site),
    )


def _user_agent(site: Site) -> str:
    return f"fedserver/{VERSION} (+{site.links.base}/)"


def _provider(site: Site, resolver: AbstractResolver | None, clock: Callable[[], int]) -> Provider | None:
    """The organization's identity provider, asked by a client of its own."""
    config = site.config.oidc
    if not config.issuer:
        return None
    guard = Guard(config.allow_networks, allow_http=config.issuer.startswith("http:"))
    agent = _user_agent(site)
    return Provider(config, Client(guard, user_agent=agent, ca_file=config.ca_file, resolver=resolver), clock)


def _translator(site: Site) -> Translator | None:
    config = site.config.translation
    return Translator(config, user_agent=_user_agent(site)) if config.url else None
