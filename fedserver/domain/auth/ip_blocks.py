"""Blocks of networks: no sign-up, sign-up with approval, or no access at all.

See docs.joinmastodon.org/methods/admin/ip_blocks. The most severe block of an address applies. A block of one
IPv6 address is stored as it was written, and holds for the whole network of its customer.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import UNSET, Struct, UnsetType, structs

from fedserver.domain.audit_log import audit_log
from fedserver.domain.kernel import events
from fedserver.domain.kernel.errors import ForbiddenError, InvalidError, NotFoundError
from fedserver.domain.kernel.written_texts import clean_lines
from fedserver.text.ip_addresses import Network, parse_address, parse_customer_network, parse_network
from fedserver.text.locales import gettext
from storage.engine import Page, ReadTx, Tx
from storage.queries.auth import ip_blocks as ip_block_queries
from storage.rows.auth import IpBlockRow, MemberRow

APPROVAL, SIGN_UP, NO_ACCESS = "sign_up_requires_approval", "sign_up_block", "no_access"
SEVERITIES = (APPROVAL, SIGN_UP, NO_ACCESS)  # mildest first: the maximum applies
MAX_COMMENT = 1_000
MAX_SECONDS = 10 * 366 * 86_400  # longer blocks should be unlimited ones


class BlockedNetwork(Struct, frozen=True):
    """A network without access, until a time (ms UTC) or permanently."""

    network: Network
    expires_at: int | None


class IpBlocklist:
    """The networks without access, cached in memory as every request checks them."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._blocked_networks: list[BlockedNetwork] = []

    async def load(self, tx: ReadTx) -> None:
        """Load the networks; called at start and when they change."""
        self._blocked_networks = [
            BlockedNetwork(parse_customer_network(row.network), row.expires_at)
            for row in await ip_block_queries.list_active(tx)
            if row.severity == NO_ACCESS
        ]

    def check_allowed(self, address: str) -> None:
        """Raise ForbiddenError for a request from a blocked IP address."""
        if self.is_blocked(address):
            raise ForbiddenError(gettext("This server does not accept requests from your IP address."))

    def is_blocked(self, address: str) -> bool:
        """Return True if the address has no access."""
        if not self._blocked_networks:
            return False
        ip = parse_address(address)
        if ip is None:
            return False
        now = self._clock()
        return any(
            ip in blocked.network
            for blocked in self._blocked_networks
            if blocked.expires_at is None or blocked.expires_at > now
        )


async def find_severity(tx: ReadTx, address: str) -> str:
    """Return the most severe block of an address, '' for none."""
    ip = parse_address(address)
    rows = await ip_block_queries.list_active(tx) if ip is not None else []
    levels = [SEVERITIES.index(row.severity) for row in rows if ip in parse_customer_network(row.network)]
    return SEVERITIES[max(levels)] if levels else ""


async def check_log_in(tx: ReadTx, address: str) -> None:
    """Raise ForbiddenError for an address without access."""
    if await find_severity(tx, address) == NO_ACCESS:
        raise ForbiddenError(gettext("You cannot log in from this address."))


async def check_sign_up(tx: ReadTx, address: str) -> bool:
    """Return True if a sign-up from this address needs approval.

    Raises ForbiddenError if sign-up is blocked.
    """
    severity = await find_severity(tx, address)
    if severity in (SIGN_UP, NO_ACCESS):
        raise ForbiddenError(gettext("You cannot join from this address."))
    return severity == APPROVAL


class IpBlockChange(Struct, frozen=True):
    """A change of a block; UNSET keeps the value. `seconds` is its duration, None or 0 for unlimited."""

    ip: str | UnsetType = UNSET
    severity: str | UnsetType = UNSET
    comment: str | UnsetType = UNSET
    seconds: int | UnsetType | None = UNSET


def _parse_network(text: str) -> Network:
    try:
        network = parse_network(text)
    except ValueError as error:
        raise InvalidError(
            "ip",
            "is not an address or a network like 192.0.2.0/24",
            message=gettext("Please enter an address such as 192.0.2.7, or a network such as 192.0.2.0/24."),
        ) from error
    if network.prefixlen == 0:
        text = gettext("This network contains every address. Please choose a smaller one.")
        raise InvalidError("ip", "would contain every address", message=text)
    return network


def _apply_change(tx: ReadTx, row: IpBlockRow, change: IpBlockChange) -> IpBlockRow:
    if not isinstance(change.ip, UnsetType):
        row = structs.replace(row, network=str(_parse_network(change.ip)))
    if not isinstance(change.severity, UnsetType):
        row = structs.replace(row, severity=change.severity)
    if row.severity not in SEVERITIES:
        raise InvalidError("severity", f"must be one of {', '.join(SEVERITIES)}")
    if not isinstance(change.comment, UnsetType):
        row = structs.replace(row, comment=clean_lines("comment", change.comment, MAX_COMMENT).strip())
    if not isinstance(change.seconds, UnsetType):
        seconds = change.seconds
        expires = tx.now + min(seconds, MAX_SECONDS) * 1000 if seconds is not None and seconds > 0 else None
        row = structs.replace(row, expires_at=expires)
    return structs.replace(row, updated_at=tx.now)


def _check_own_address(row: IpBlockRow, own_address: str) -> None:
    own = parse_address(own_address)
    if row.severity == NO_ACCESS and own is not None and own in parse_customer_network(row.network):
        raise InvalidError(
            "ip",
            "contains your own address: you would lock yourself out",
            message=gettext("This contains your own address: you would lock yourself out."),
        )


def _build_taken_error() -> InvalidError:
    text = gettext("There is a block of this address already. You can change it in the list.")
    return InvalidError("ip", "has already been taken", "ERR_TAKEN", message=text)


async def create(tx: Tx, member: MemberRow, change: IpBlockChange, own_address: str) -> IpBlockRow:
    """Block a network. Raises InvalidError, also if it contains `own_address`, the moderator's."""
    if isinstance(change.ip, UnsetType):
        raise InvalidError("ip", "can't be blank", "ERR_BLANK")
    if isinstance(change.severity, UnsetType):
        raise InvalidError("severity", "can't be blank", "ERR_BLANK")
    row = _apply_change(tx, IpBlockRow(tx.new_id(), "", "", "", tx.now, tx.now, None), change)
    _check_own_address(row, own_address)
    if not await ip_block_queries.insert(tx, row):
        raise _build_taken_error()
    await _record(tx, member, row)
    return row


async def update(
    tx: Tx, member: MemberRow, block_id: int, change: IpBlockChange, own_address: str
) -> IpBlockRow:
    """Change a block. Raises NotFoundError, InvalidError as `create` does."""
    row = _apply_change(tx, await get(tx, block_id), change)
    _check_own_address(row, own_address)
    other = await ip_block_queries.find_by_network(tx, row.network)
    if other is not None and other.id != row.id:
        raise _build_taken_error()
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


async def get(tx: ReadTx, block_id: int) -> IpBlockRow:
    """Return a block. Raises NotFoundError."""
    row = await ip_block_queries.find(tx, block_id)
    if row is None:
        raise NotFoundError
    return row


async def list_page(tx: ReadTx, page: Page) -> list[IpBlockRow]:
    """Return a page of blocks, newest first."""
    return await ip_block_queries.list_page(tx, page)


async def remove(tx: Tx, member: MemberRow, block_id: int) -> None:
    """Remove a block. Raises NotFoundError."""
    row = await get(tx, block_id)
    await ip_block_queries.delete_by_id(tx, block_id)
    undone = await audit_log.find_active(tx, row.network, f"ip.{row.severity}")
    await audit_log.record(
        tx, member, "ip.unblock", target=row.network, undoes_id=undone.id if undone else None
    )
    tx.emit(events.IP_BLOCKS_CHANGED)
