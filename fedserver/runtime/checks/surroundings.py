"""What several checks look at: the configuration, and what the running node got of our requests."""

from __future__ import annotations

import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import cached_property
from urllib.parse import urlsplit

import aiohttp
import msgspec
from yarl import URL

from fedserver.config import Config
from fedserver.domain.accounts.node_database import build_secret_box, connect_database
from fedserver.runtime.self_check import HEADER, PATH, ReceivedRequest, create_token
from fedserver.text.locales import gettext
from storage.engine import Database

TIMEOUT_S = 10.0
# TEST-NET-1 (RFC 5737): no client has it, so a node that names it believed the client.
FORGED_ADDRESS = "192.0.2.77"
# Escapes that a proxy must not resolve, as signatures cover path and query (RFC 9421 §2.2).
QUERY = "probe=%2Fa%20b%C3%A4"
SENT_HEADERS = {"Digest": "SHA-256=probe", "Signature": 'keyId="probe",signature="probe"'}
NET_ERRORS = (aiohttp.ClientError, ssl.SSLError, OSError, TimeoutError, ValueError)


class CheckError(Exception):
    """The problem that a check found."""


class Exchange(msgspec.Struct, frozen=True):
    """A request that came back: what was sent, what the node received, and the `Date` of the response."""

    sent_date: str
    received: ReceivedRequest
    sent_at: int
    answered_at: int
    date: str

    def measure_clock_error_s(self) -> float:
        """Return by how many seconds the clock of the node, or that of the proxy, differs from ours."""
        clocks = [self.received.now]
        if self.date:
            clocks.append(int(parsedate_to_datetime(self.date).timestamp() * 1000))
        middle = (self.sent_at + self.answered_at) / 2
        return max((abs(clock - middle) / 1000 for clock in clocks), default=0.0)


class Surroundings:
    """The surroundings of one node. Requests that several checks need are sent once.

    `open_database` is how the database is opened; the default is that of a command.
    """

    def __init__(
        self,
        config: Config,
        clock: Callable[[], int] | None = None,
        open_database: Callable[[], AbstractAsyncContextManager[Database]] | None = None,
    ) -> None:
        self.config = config
        self.open_database = open_database or (lambda: connect_database(config))
        self.clock = clock or (lambda: time.time_ns() // 1_000_000)
        self._public: Exchange | CheckError | None = None

    @property
    def base(self) -> str:
        return self.config.node.base_url.rstrip("/")

    @cached_property
    def has_proxy(self) -> bool:
        """True where something stands before the node, which speaks plain HTTP on `node.listen` only."""
        parts, listen = urlsplit(self.base), self.config.node.listen
        return parts.scheme == "https" or str(parts.port or 80) != listen.rpartition(":")[2]

    def create_headers(self) -> dict[str, str]:
        """Return the headers of a request that the node answers. Raises CheckError without its seal key."""
        box = build_secret_box(self.config)
        try:
            if not box.path.exists():
                raise CheckError(
                    gettext("There is no key at %(path)s yet. Please start the node first.", path=box.path)
                )
            return {HEADER: create_token(box, self.clock())}
        except OSError as error:
            raise CheckError(
                gettext(
                    "%(path)s cannot be read (%(reason)s). Please run the check as the user that runs the "
                    "node.",
                    path=box.path,
                    reason=error.strerror or error,
                )
            ) from error

    @asynccontextmanager
    async def open_session(self, *, direct: bool = False) -> AsyncIterator[aiohttp.ClientSession]:
        """Yield a client of the public address or, if `direct`, of `node.listen`."""
        listen = self.config.node.listen
        if direct and listen.startswith("unix:"):
            connector: aiohttp.BaseConnector = aiohttp.UnixConnector(listen.removeprefix("unix:"))
        else:
            context = ssl.create_default_context()
            if self.config.federation.ca_file:
                context.load_verify_locations(self.config.federation.ca_file)
            connector = aiohttp.TCPConnector(ssl=context)
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
            yield session

    @property
    def direct_base(self) -> str:
        """The address of `node.listen`, as this machine reaches it."""
        listen = self.config.node.listen
        if listen.startswith("unix:"):
            return "http://localhost"
        host, _, port = listen.rpartition(":")
        loopback = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]", "": "127.0.0.1"}
        return f"http://{loopback.get(host, host)}:{port}"

    async def exchange_directly(self) -> Exchange:
        """Send a request to `node.listen`. Raises CheckError."""
        async with self.open_session(direct=True) as session:
            return await self._exchange(session, self.direct_base)

    async def exchange_publicly(self) -> Exchange:
        """Send a request to `node.base_url`, once for all checks. Raises CheckError."""
        if self._public is None:
            try:
                async with self.open_session() as session:
                    self._public = await self._exchange(session, self.base)
            except CheckError as error:
                self._public = error
        if isinstance(self._public, CheckError):
            raise self._public
        return self._public

    async def _exchange(self, session: aiohttp.ClientSession, base: str) -> Exchange:
        sent_date = format_datetime(datetime.now(UTC), usegmt=True)
        forged = {"X-Forwarded-For": FORGED_ADDRESS, "Forwarded": f"for={FORGED_ADDRESS}"}
        headers = {**self.create_headers(), **SENT_HEADERS, **forged, "Date": sent_date}
        sent_at = self.clock()
        address = f"{base}{PATH}?{QUERY}"
        try:
            url = URL(address, encoded=True)
            async with session.get(url, headers=headers, allow_redirects=False) as response:
                if response.status != 200:
                    raise CheckError(
                        gettext(
                            "%(url)s answers with status %(status)s. Is the node running, and does the proxy "
                            "lead to it?",
                            url=base,
                            status=response.status,
                        )
                    )
                received = msgspec.json.decode(await response.read(), type=ReceivedRequest)
                date = response.headers.get("Date", "")
        except NET_ERRORS as error:
            raise CheckError(describe_unreachable(base, error)) from error
        return Exchange(sent_date, received, sent_at, self.clock(), date)


def describe_unreachable(url: str, error: Exception) -> str:
    """Return the sentence for an address that cannot be read."""
    return gettext(
        "%(url)s cannot be read (%(reason)s). Is the node running, and does the proxy lead to it?",
        url=url,
        reason=str(error) or type(error).__name__,
    )
