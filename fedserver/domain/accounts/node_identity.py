"""Which node a database belongs to: its domain and address never change, as peers know everyone by them.

Both are written down when it is opened with a local account in it, or closed by the command that added one.
Until then a database tells its address alone, by the uri of any local account.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from fedserver.config import NodeConfig as NodeConfig
from fedserver.domain.kernel.errors import DomainError
from fedserver.text.locales import gettext
from storage.engine import Database, ReadTx, Tx
from storage.queries.accounts import accounts as account_queries
from storage.queries.kernel import settings as setting_queries

SETTING = "node_identity"


class NodeIdentity(Struct, frozen=True):
    """The domain ('' where only the address is known) and the address of a node."""

    domain: str
    base_url: str

    @property
    def name(self) -> str:
        """The domain, else the host of the address."""
        return self.domain or urlsplit(self.base_url).netloc

    def is_same(self, other: NodeIdentity) -> bool:
        """Return True unless a domain or the address is another."""
        return self.base_url == other.base_url and (not self.domain or self.domain == other.domain)


class OtherNodeError(DomainError):
    """The configuration is that of another node than the database."""


def identify(config: NodeConfig) -> NodeIdentity:
    """Return the identity of the node that a configuration describes."""
    return NodeIdentity(config.domain, config.base_url.rstrip("/"))


def decode(setting: str | None, local_uri: str | None) -> NodeIdentity | None:
    """Return the identity in a database: by the setting, else by the uri of a local account, else None."""
    if setting is not None:
        try:
            return msgspec.json.decode(setting, type=NodeIdentity)
        except msgspec.DecodeError:
            pass  # another program wrote it; the accounts tell as well
    if not local_uri:
        return None
    parts = urlsplit(local_uri)
    return NodeIdentity("", f"{parts.scheme}://{parts.netloc}")


async def _record(tx: Tx, config: NodeConfig) -> None:
    """Write down whose database this is, if that is not known yet."""
    if await setting_queries.find(tx, SETTING) is None:
        await setting_queries.set_value(tx, SETTING, msgspec.json.encode(identify(config)).decode())


async def find(tx: ReadTx) -> NodeIdentity | None:
    """Return whose database this is, None while it holds no local account."""
    local_uri = await account_queries.find_local_uri(tx)
    return decode(await setting_queries.find(tx, SETTING), local_uri) if local_uri else None


async def ensure_same(db: Database, config: NodeConfig) -> bool:
    """Return True if it is written down that the database is that of this node, False if nobody is in it.

    Raises OtherNodeError if it is that of another node.
    """
    async with db.read() as tx:
        stored = await find(tx)
    if stored is None:
        return False
    # guard: domain of the database
    if not stored.is_same(identify(config)):
        raise OtherNodeError(
            gettext(
                "The database is that of %(stored)s at %(stored_url)s, and the configuration says %(domain)s "
                "at %(url)s. Other servers know the people here by that, so it cannot change. Please restore "
                "node.domain and node.base_url, or set database.url to a new database.",
                **_describe(stored, identify(config)),
            )
        )
    if not stored.domain:
        async with db.write() as tx:
            await _record(tx, config)
    return True


def _describe(stored: NodeIdentity, configured: NodeIdentity) -> Mapping[str, str]:
    return {
        "stored": stored.name,
        "stored_url": stored.base_url,
        "domain": configured.domain,
        "url": configured.base_url,
    }
