"""What handlers and jobs may use beside their transaction, put together once by the node."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from fedserver.domain.accounts import keys
from fedserver.domain.auth import ip_blocks, passwords
from fedserver.domain.kernel import secrets
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.peers import peers
from fedserver.domain.settings.current import CurrentSettings
from fedserver.federation.authenticate import Authenticator
from fedserver.federation.inbox import Inbox
from fedserver.federation.keys import Keyring
from fedserver.federation.remote_files import RemoteFiles
from fedserver.federation.resolve import Resolver
from fedserver.federation.verified_links import LinkChecker
from fedserver.integrations.oidc import OidcProvider
from fedserver.integrations.translator import Translator
from fedserver.media.av_worker import AvWorker
from fedserver.media.image_worker import ImageWorker
from fedserver.media.store import FileStore
from fedserver.net.client import Client
from fedserver.runtime.metrics import NodeMetrics
from storage.engine import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything long-lived that needs no HTTP server. `web.services` adds what only web needs."""

    db: Database
    site: NodeContext
    settings: CurrentSettings
    client: Client
    oidc_provider: OidcProvider | None
    store: FileStore
    image_worker: ImageWorker
    av_worker: AvWorker
    remote_files: RemoteFiles
    resolver: Resolver
    link_checker: LinkChecker
    keyring: Keyring
    authenticator: Authenticator
    inbox: Inbox
    policies: peers.PeerPolicies
    ip_blocklist: ip_blocks.IpBlocklist
    passwords: passwords.Passwords
    secret_box: secrets.SecretBox
    generate_keys: Callable[[], Awaitable[keys.NewKeys]]
    metrics: NodeMetrics
    log: structlog.stdlib.BoundLogger
    translator: Translator | None = None
