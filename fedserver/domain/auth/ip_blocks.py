"""Networks from which one may not join, joins only with approval, or may not come at all.

docs.joinmastodon.org/methods/admin/ip_blocks. The sharpest one that holds an address decides.
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from msgspec import UNSET, Struct, UnsetType, structs

from fedserver.domain.audit_log import audit_log
from fedserver.domain.kernel import events
from fedserver.domain.kernel.errors import ForbiddenError, InvalidError, NotFoundError
from fedserver.text.sanitize import clean_text
from storage.engine import Tx
from storage.paging import Page
from storage.queries.auth import ip_blocks as ip_block_queries
from storage.rows.auth import IpBlockRow, MemberRow

APPROVAL, SIGN_UP, NO_ACCESS = "sign_up_requires_approval", "sign_up_block", "no_access"
SEVERITIES = (APPROVAL, SIGN_UP, NO_ACCESS)
MAX_COMMENT = 1_000
MAX_SECONDS = 10 * 366 * 86_400
Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class BlockedNetwork(Struct, frozen=True):
    """A network nobody gets in from, until a moment."""

    network: Network
    expires_at: int | None


class IpBlocklist:
    """The networks nobody gets in from, in memory: looked at in each request, changed seldom."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._blocked_networks: list[BlockedNetwork] = []

    async def load(self, tx: Tx) -> None:
        """Read them anew; to be called at start and when they changed."""
        self._blocked_networks = [
            BlockedNetwork(ip_network(row.network), row.expires_at)
            for row in await ip_block_queries.list_active(tx)
            if row.severity == NO_ACCESS
        ]

    def is_blocked(self, address: str) -> bool:
        """True if nobody may come from `address`."""
        if not self._blocked_networks:
            return False
        found = parse_address(address)
        if found is None:
            return False
        now = self._clock()
        return any(
            found in fence.network
            for fence in self._blocked_networks
            if fence.expires_at is None or fence.expires_at > now
        )


def parse_address(address: str) -> Address | None:
    """An address; one of IPv4 that comes as IPv6 is IPv4. None for anything else, as a unix socket's."""
    try:
        found = ip_address(address)
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


async def find_severity(tx: Tx, address: str) -> str:
    """The sharpest severity that holds for an address, '' for none."""
    found = parse_address(address)
    rows = await ip_block_queries.list_active(tx) if found is not None else []
    hits = [SEVERITIES.index(row.severity) for row in rows if found in ip_network(row.network)]
    return SEVERITIES[max(hits)] if hits else ""


async def check_log_in(tx: Tx, address: str) -> None:
    """Raises Forbidden for an address that nobody may come from."""
    if await find_severity(tx, address) == NO_ACCESS:
        raise ForbiddenError("You cannot log in from this address")


async def check_sign_up(tx: Tx, address: str) -> bool:
    """True if who joins from an address has to wait for approval. Raises Forbidden if nobody may."""
    found = await find_severity(tx, address)
    if found in (SIGN_UP, NO_ACCESS):
        raise ForbiddenError("You cannot join from this address")
    return found == APPROVAL


class IpBlockChange(Struct, frozen=True):
    """What is written of a block; what is UNSET stays. `seconds` None: until further notice."""

    ip: str | UnsetType = UNSET
    severity: str | UnsetType = UNSET
    comment: str | UnsetType = UNSET
    seconds: int | UnsetType | None = UNSET


def _parse_network(text: str) -> Network:
    try:
        network = ip_network(text.strip(), strict=False)
    except ValueError as error:
        raise InvalidError("ip", "is not an address or a network like 192.0.2.0/24") from error
    if network.prefixlen == 0:
        raise InvalidError("ip", "would hold everybody")
    return network


def _apply_change(tx: Tx, row: IpBlockRow, change: IpBlockChange) -> IpBlockRow:
    if not isinstance(change.ip, UnsetType):
        row = structs.replace(row, network=str(_parse_network(change.ip)))
    if not isinstance(change.severity, UnsetType):
        row = structs.replace(row, severity=change.severity)
    if row.severity not in SEVERITIES:
        raise InvalidError("severity", f"must be one of {', '.join(SEVERITIES)}")
    if not isinstance(change.comment, UnsetType):
        row = structs.replace(row, comment=clean_text(change.comment, MAX_COMMENT).strip())
    if not isinstance(change.seconds, UnsetType):
        seconds = change.seconds
        expires = tx.now + min(seconds, MAX_SECONDS) * 1000 if seconds is not None and seconds > 0 else None
        row = structs.replace(row, expires_at=expires)
    return structs.replace(row, updated_at=tx.now)


def _check_own_address(row: IpBlockRow, own_address: str) -> None:
    own = parse_address(own_address)
    if row.severity == NO_ACCESS and own is not None and own in ip_network(row.network):
        raise InvalidError("ip", "holds your own address: you would lock yourself out")


async def create(tx: Tx, member: MemberRow, change: IpBlockChange, own_address: str) -> IpBlockRow:
    """Block a network. Raises Invalid, also if `own_address`, the moderator's, would be kept out."""
    if isinstance(change.ip, UnsetType):
        raise InvalidError("ip", "can't be blank", "ERR_BLANK")
    if isinstance(change.severity, UnsetType):
        raise InvalidError("severity", "can't be blank", "ERR_BLANK")
    row = _apply_change(tx, IpBlockRow(tx.new_id(), "", "", "", tx.now, tx.now, None), change)
    _check_own_address(row, own_address)
    if not await ip_block_queries.insert(tx, row):
        raise InvalidError("ip", "has already been taken", "ERR_TAKEN")
    await _record(tx, member, row)
    return row


async def update(
    tx: Tx, member: MemberRow, block_id: int, change: IpBlockChange, own_address: str
) -> IpBlockRow:
    """Raises NotFound, Invalid."""
    row = _apply_change(tx, await get(tx, block_id), change)
    _check_own_address(row, own_address)
    other = await ip_block_queries.find_by_network(tx, row.network)
    if other is not None and other.id != row.id:
        raise InvalidError("ip", "has already been taken", "ERR_TAKEN")
    await ip_block_queries.update_block(tx, row)
    await _record(tx, member, row)
    return row


async def _record(tx: Tx, member: MemberRow, row: IpBlockRow) -> None:
    await audit_log.record(
        tx,
        member,
        f"ip.{row.severity}",
        target=row.network,
        reason=row.comment,
        expires_at=row.expires_at,
    )
    tx.emit(events.IP_BLOCKS_CHANGED)


async def get(tx: Tx, block_id: int) -> IpBlockRow:
    """Raises NotFound."""
    row = await ip_block_queries.find(tx, block_id)
    if row is None:
        raise NotFoundError
    return row


async def list_page(tx: Tx, page: Page) -> list[IpBlockRow]:
    """Newest first."""
    return await ip_block_queries.list_page(tx, page)


async def remove(tx: Tx, member: MemberRow, block_id: int) -> None:
    """Raises NotFound."""
    row = await get(tx, block_id)
    await ip_block_queries.delete_by_id(tx, block_id)
    undone = await audit_log.find_active(tx, row.network, f"ip.{row.severity}")
    await audit_log.record(
        tx, member, "ip.unblock", target=row.network, undoes_id=undone.id if undone else None
    )
    tx.emit(events.IP_BLOCKS_CHANGED)
