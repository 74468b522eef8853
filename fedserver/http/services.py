"""What handlers may use beside their transaction, put together once by the node."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog
from aiohttp import web

from fedserver import domain
from fedserver.federation import Authenticator, Inbox, Keyring, RemoteFiles, Resolver
from fedserver.http.html import Pages
from fedserver.http.metrics import Metrics
from fedserver.http.ratelimit import Limits
from fedserver.media import FileStore, Images, Recordings
from fedserver.net import Client, Provider, Translator
from storage import Database


@dataclass(frozen=True, slots=True)
class Services:
    """Everything long-lived. Surfaces read it from `call.services`."""

    db: Database
    site: domain.Site
    client: Client
    provider: Provider | None
    store: FileStore
    images: Images
    recordings: Recordings
    remote_files: RemoteFiles
    resolver: Resolver
    keyring: Keyring
    authenticator: Authenticator
    inbox: Inbox
    policies: domain.peers.Policies
    fences: domain.ip_blocks.Fences
    passwords: domain.passwords.Passwords
    seal: domain.secrets.Seal
    new_keys: Callable[[], Awaitable[domain.keys.NewKeys]]
    limits: Limits
    pages: Pages
    metrics: Metrics
    log: structlog.stdlib.BoundLogger
    translator: Translator | None = None


SERVICES: web.AppKey[Services] = web.AppKey("services", Services)
