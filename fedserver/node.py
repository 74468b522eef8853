"""The node: the composition root, which builds, starts and stops everything."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import structlog
from aiohttp import web
from aiohttp.abc import AbstractResolver

from fedserver.client_api.timelines.hub import HUB, Hub
from fedserver.client_api.timelines.stream_events import HANDLERS
from fedserver.config import Config, LimitsConfig
from fedserver.domain.accounts import accounts, keys, node_identity
from fedserver.domain.auth import ip_blocks
from fedserver.domain.auth.passwords import Passwords
from fedserver.domain.kernel import events, secrets
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import DomainError
from fedserver.domain.notifications import push_keys
from fedserver.domain.peers import peers
from fedserver.domain.registration import setup
from fedserver.domain.settings import node_settings
from fedserver.domain.settings.current import CurrentSettings
from fedserver.federation.authenticate import Authenticator
from fedserver.federation.fetch import Fetcher
from fedserver.federation.inbox import Inbox
from fedserver.federation.keys import Keyring, generate
from fedserver.federation.remote_files import RemoteFiles
from fedserver.federation.resolve import Resolver
from fedserver.federation.verified_links import LinkChecker
from fedserver.integrations.oidc import OidcProvider
from fedserver.integrations.translator import Translator
from fedserver.integrations.web_push import generate_vapid_key
from fedserver.jobs.runner import Runner
from fedserver.links import FileGrants, Links
from fedserver.media.av_worker import AvWorker
from fedserver.media.image_worker import ImageWorker
from fedserver.media.results import MediaLimits
from fedserver.media.store import FileStore
from fedserver.net.client import Client
from fedserver.net.guard import Guard
from fedserver.on_demand import on_demand
from fedserver.runtime.check_tokens import CheckTokens
from fedserver.runtime.counted_database import CountedDatabase
from fedserver.runtime.metrics import NodeMetrics
from fedserver.runtime.services import Services
from fedserver.surfaces import SURFACES, TEMPLATES
from fedserver.version import VERSION
from fedserver.web import files, template_values
from fedserver.web.application import MAX_PARSED_LINE_BYTES, build
from fedserver.web.endpoint import Endpoint
from fedserver.web.forms import resumed_forms
from fedserver.web.html import Pages, to_origin
from fedserver.web.proxies import Proxies
from fedserver.web.rate_limits import RateLimiter
from fedserver.web.services import WebServices
from storage.clock import system_clock
from storage.engine import Database, Event
from storage.errors import ConflictError
from storage.opening import prepare_database

exposition = on_demand("fedserver.web.exposition")
log = structlog.stdlib.get_logger("fedserver.node")
# Of what these tell, processes hold something in memory.
APPLIED = {
    events.ACCOUNT_CHANGED,
    events.IP_BLOCKS_CHANGED,
    events.PEER_CHANGED,
    events.SETTINGS_CHANGED,
}
KeyFactory = Callable[[], Awaitable[keys.NewKeys]]
SiteFactory = Callable[[web.AppRunner], Sequence[web.BaseSite]]


def list_endpoints() -> list[Endpoint]:
    """Return every endpoint of every surface."""
    return [
        *files.routes.endpoints,
        *resumed_forms.routes.endpoints,
        *(endpoint for surface in SURFACES for endpoint in surface()),
    ]


class Node:
    """One node; `open_node` builds it."""

    def __init__(self, services: WebServices) -> None:
        self.services = services
        self.runner = Runner(services)
        self.application = build(services, list_endpoints())
        self.hub = Hub(services, HANDLERS)
        self.application[HUB] = self.hub
        self._web = web.AppRunner(
            self.application,
            access_log=None,
            shutdown_timeout=10.0,
            # A compressed body is refused unread. The library would inflate it without end, also to throw
            # away what a refused request goes on sending.
            auto_decompress=False,
            max_line_size=MAX_PARSED_LINE_BYTES,
            max_field_size=MAX_PARSED_LINE_BYTES,
        )
        self._metrics: web.AppRunner | None = None
        self._stop_listening = services.db.listen(self._hear)
        services.db.follow(self._apply)
        self._reloads: set[asyncio.Task[object]] = set()
        self._reload_lock = asyncio.Lock()
        services.settings.follow(self._apply_settings)
        self.taken_over: tuple[str, ...] = ()
        self.ignored: tuple[str, ...] = ()

    def _hear(self, event: Event) -> None:
        """Apply what any process has written, which the database tells at some time after."""
        if event.kind in APPLIED:
            task = asyncio.create_task(self._apply([event]))
            self._reloads.add(task)
            task.add_done_callback(self._reloads.discard)

    async def _apply(self, written: Sequence[Event]) -> None:
        """Apply to what this process holds in memory what was written."""
        kinds = {event.kind for event in written}
        for event in written:
            if event.kind == events.ACCOUNT_CHANGED:
                self.services.keyring.invalidate(event.data["account_id"])
                self.services.authenticator.invalidate(event.data["account_id"])
        if events.PEER_CHANGED in kinds or events.IP_BLOCKS_CHANGED in kinds:
            await self.load_policies()
        if events.SETTINGS_CHANGED in kinds:
            await self.services.settings.refresh()

    def _apply_settings(self, config: Config) -> None:
        """Give new values to what holds some of its own; all others read them from the context."""
        self._apply_access()
        self.services.rate_limiter.set_requests(config.limits.requests_per_5_minutes)
        self.services.av_worker.set_limits(_to_media_limits(config.limits))
        self.services.resolver.clear_failures()
        self.services.remote_files.clear_failures()

    async def load_policies(self) -> None:
        """Load the decisions about peers and the blocked IP addresses, which requests look up in memory.

        What the access mode says of peers and files is taken over as well.
        """
        self._apply_access()
        # One after the other, as of two at once the one that has read less could end last.
        async with self._reload_lock, self.services.db.read() as tx:
            await self.services.policies.load(tx)
            await self.services.ip_blocklist.load(tx)

    def _apply_access(self) -> None:
        site = self.services.site
        self.services.policies.set_mode(site.access.peers)
        if site.links.grants is not None:
            site.links.grants.is_needed = site.access.is_private
        self.services.resolver.clear_failures()
        self.services.remote_files.clear_failures()

    async def serve(self, sites: SiteFactory) -> None:
        """Listen at the addresses that `sites` returns."""
        await _listen(self._web, sites)

    async def serve_metrics(self, sites: SiteFactory) -> None:
        """Answer `GET /metrics` at the addresses that `sites` returns."""
        application = exposition.build(self.services, self.runner.load_depths)
        self._metrics = web.AppRunner(application, access_log=None, auto_decompress=False)
        await _listen(self._metrics, sites)

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """The addresses that it listens on."""
        return self._web.addresses

    @property
    def metrics_addresses(self) -> list[tuple[str, int]]:
        """The addresses that answer `GET /metrics`."""
        return self._metrics.addresses if self._metrics else []

    async def settle(self) -> int:
        """Do all work that is due and return how much that was; for tests."""
        return await self.runner.settle()

    async def create_setup_link(self) -> str | None:
        """Return the address where the first owner signs up, None if there is a member already."""
        async with self.services.db.write() as tx:
            token = await setup.create_token(tx)
        return f"{self.services.site.links.base}/setup/{token}" if token else None

    async def close(self) -> None:
        """Finish the requests and jobs that are under way, then close everything that is open."""
        await self.hub.close()
        await self._web.cleanup()
        if self._metrics:
            await self._metrics.cleanup()
        await self.runner.stop()
        self._stop_listening()
        self.services.remote_files.close()
        self.services.image_worker.close()
        self.services.av_worker.close()
        self.services.passwords.close()
        await self.services.client.close()
        if self.services.oidc_provider is not None:
            await self.services.oidc_provider.close()
        if self.services.translator is not None:
            await self.services.translator.close()
        await self.services.db.close()


async def _listen(runner: web.AppRunner, sites: SiteFactory) -> None:
    await runner.setup()
    for site in sites(runner):
        await site.start()


async def open_node(
    config: Config,
    *,
    clock: Callable[[], int] = system_clock,
    resolver: AbstractResolver | None = None,
    passwords: Passwords | None = None,
    new_keys: KeyFactory = generate,
) -> Node:
    """Upgrade the schema and build a node.

    Raises DatabaseUnavailableError, SchemaTooNewError, and OtherNodeError if the database is that of another.

    `new_keys` generates the keys of new members, and of the node itself at its first start.
    """
    secret_box = secrets.SecretBox(Path(config.node.data_dir) / "seal.key")
    db = await prepare_database(config.database.url, clock, secret_box, config.database.direct_url)
    try:
        await node_identity.ensure_same(db, config.node)
    except BaseException:
        await db.close()
        raise
    if config.metrics.listen:
        db = CountedDatabase(db)
    secret = await _ensure_push_key(db)
    links = Links(
        config.node.base_url.rstrip("/"),
        config.node.domain,
        proxies=config.media.proxy,
        secret=secret,
        grants=FileGrants(secret, clock),
    )
    taken_over = await node_settings.take_over(db, config)
    async with db.read() as tx:
        state = await node_settings.load(tx, config)
    site = NodeContext(state.config, links, state.revision, state.legal_kinds)
    services = _build_services(
        site,
        CurrentSettings(db, site, config),
        db,
        clock,
        resolver,
        passwords or Passwords(),
        new_keys,
        secret_box,
    )
    await _ensure_instance_account(services)
    await node_identity.ensure_same(db, config.node)
    node = Node(services)
    node.taken_over = taken_over
    node.ignored = tuple(node_settings.list_ignored(config, state.config)) if not taken_over else ()
    await node.load_policies()
    return node


async def _ensure_push_key(db: Database) -> bytes:
    """Generate the key for push messages once, and return the secret derived from it."""
    async with db.read() as tx:
        existing = await push_keys.load_public_key(tx)
    if not existing:
        async with db.write() as tx:
            await push_keys.save(tx, *generate_vapid_key())
    async with db.read() as tx:
        return await push_keys.derive_address_secret(tx)


async def _ensure_instance_account(services: Services) -> None:
    if await _has_instance_account(services):
        return
    new_keys = await services.generate_keys()
    try:
        async with services.db.write() as tx:
            await accounts.create_instance_account(tx, services.site, new_keys)
    except (ConflictError, DomainError):
        # Several processes may start at once; another one was quicker.
        if not await _has_instance_account(services):
            raise


async def _has_instance_account(services: Services) -> bool:
    async with services.db.read() as tx:
        return await accounts.find_instance_account(tx, services.site) is not None


def _to_media_limits(limits: LimitsConfig) -> MediaLimits:
    # A transcoded file may be larger than the uploaded one.
    return MediaLimits(
        max_seconds=limits.media_seconds,
        max_pixels=limits.video_pixels,
        max_frame_rate=limits.video_frame_rate,
        max_bytes=4 * limits.video_bytes,
    )


def _build_services(
    site: NodeContext,
    settings: CurrentSettings,
    db: Database,
    clock: Callable[[], int],
    resolver: AbstractResolver | None,
    passwords: Passwords,
    new_keys: KeyFactory,
    secret_box: secrets.SecretBox,
) -> WebServices:
    config = site.config
    federation = config.federation
    client = Client(
        Guard(federation.allow_networks, allow_http=federation.allow_http),
        user_agent=_user_agent(site),
        ca_file=federation.ca_file,
        resolver=resolver,
    )
    keyring, policies = Keyring(), peers.PeerPolicies(site.access.peers)
    fetcher = Fetcher(db, site, client, keyring, clock)
    account_resolver = Resolver(db, site, fetcher, policies, clock)
    authenticator = Authenticator(db, account_resolver, fetcher, policies, clock)
    store, images = FileStore(Path(config.media.store.removeprefix("file:"))), ImageWorker()
    return WebServices(
        proxies=Proxies(tuple(site.config.node.trusted_proxies)),
        check_tokens=CheckTokens(secret_box, db),
        db=db,
        site=site,
        settings=settings,
        client=client,
        oidc_provider=_build_provider(site, resolver, clock),
        store=store,
        image_worker=images,
        remote_files=RemoteFiles(db, site, client, fetcher, store, images, policies, clock),
        av_worker=AvWorker(_to_media_limits(config.limits)),
        resolver=account_resolver,
        link_checker=LinkChecker(db, site, client, policies, clock),
        keyring=keyring,
        authenticator=authenticator,
        inbox=Inbox(db, authenticator),
        policies=policies,
        ip_blocklist=ip_blocks.IpBlocklist(clock),
        passwords=passwords,
        generate_keys=new_keys,
        secret_box=secret_box,
        rate_limiter=RateLimiter(config.limits.requests_per_5_minutes, clock),
        pages=Pages(
            TEMPLATES,
            proxies=config.media.proxy,
            forms_to=f"'self' {to_origin(config.oidc.issuer)}".rstrip(),
            **template_values.build_values(site, clock),
        ),
        metrics=NodeMetrics(),
        log=log,
        translator=_build_translator(site),
    )


def _user_agent(site: NodeContext) -> str:
    return f"fedserver/{VERSION} (+{site.links.base}/)"


def _build_provider(
    site: NodeContext, resolver: AbstractResolver | None, clock: Callable[[], int]
) -> OidcProvider | None:
    """Return the organization's identity provider, with a client of its own as other networks are allowed."""
    config = site.config.oidc
    if not config.issuer:
        return None
    guard = Guard(config.allow_networks, allow_http=config.issuer.startswith("http:"))
    agent = _user_agent(site)
    return OidcProvider(
        config, Client(guard, user_agent=agent, ca_file=config.ca_file, resolver=resolver), clock
    )


def _build_translator(site: NodeContext) -> Translator | None:
    config = site.config.translation
    return Translator(config, user_agent=_user_agent(site)) if config.url else None
