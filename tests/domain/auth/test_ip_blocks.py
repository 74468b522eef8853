"""Blocks of networks: severities, expiry, and protection against locking oneself out."""

from __future__ import annotations

import pytest

from fedserver.domain.auth import ip_blocks, members
from fedserver.domain.auth.ip_blocks import APPROVAL, NO_ACCESS, SIGN_UP, IpBlockChange, IpBlocklist
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import ForbiddenError, InvalidError, NotFoundError
from storage.engine import Database
from storage.rows.auth import IpBlockRow, MemberRow
from tests.kit.clock import Clock
from tests.kit.people import new_keys

OWN = "203.0.113.9"


@pytest.fixture
async def admin(database: Database, here: NodeContext) -> MemberRow:
    async with database.write() as tx:
        return (
            await members.create_approved(tx, here, "ann", "ann@mail.test", "hash", new_keys(), role="admin")
        )[0]


async def block(
    database: Database, admin: MemberRow, network: str, severity: str, seconds: int | None = None
) -> IpBlockRow:
    async with database.write() as tx:
        return await ip_blocks.create(tx, admin, IpBlockChange(network, severity, seconds=seconds), OWN)


async def test_most_severe_block_of_an_address_applies(database: Database, admin: MemberRow) -> None:
    await block(database, admin, "192.0.2.0/24", APPROVAL)
    await block(database, admin, "192.0.2.0/28", NO_ACCESS)
    await block(database, admin, "2001:db8::/32", SIGN_UP)
    async with database.read() as tx:
        for address, severity in (
            ("192.0.2.200", APPROVAL),
            ("192.0.2.3", NO_ACCESS),
            ("::ffff:192.0.2.3", NO_ACCESS),
            ("2001:db8::1", SIGN_UP),
            ("198.51.100.1", ""),
            ("", ""),
            ("unix", ""),
        ):
            assert await ip_blocks.find_severity(tx, address) == severity, address
        assert await ip_blocks.check_sign_up(tx, "192.0.2.200")
        assert not await ip_blocks.check_sign_up(tx, "198.51.100.1")
        await ip_blocks.check_log_in(tx, "2001:db8::1")
        for check, address in (
            (ip_blocks.check_sign_up, "2001:db8::1"),
            (ip_blocks.check_sign_up, "192.0.2.3"),
            (ip_blocks.check_log_in, "192.0.2.3"),
        ):
            with pytest.raises(ForbiddenError):
                await check(tx, address)


async def test_block_ends_in_database_and_blocklist(
    database: Database, admin: MemberRow, clock: Clock
) -> None:
    await block(database, admin, "192.0.2.7", NO_ACCESS, seconds=60)
    await block(database, admin, "198.51.100.0/24", SIGN_UP)
    blocklist = IpBlocklist(lambda: clock.now)
    assert not blocklist.is_blocked("192.0.2.7"), "nothing is loaded yet"
    async with database.read() as tx:
        await blocklist.load(tx)
    assert blocklist.is_blocked("192.0.2.7")
    assert not blocklist.is_blocked("192.0.2.8")
    assert not blocklist.is_blocked("198.51.100.1"), "a blocked sign-up is no blocked access"
    clock.forward(seconds=60)
    assert not blocklist.is_blocked("192.0.2.7")
    async with database.read() as tx:
        assert await ip_blocks.find_severity(tx, "192.0.2.7") == ""


@pytest.mark.parametrize("network", ["0.0.0.0/0", "::/0", "192.0.2.300", "nowhere", "", "203.0.113.0/24"])
async def test_invalid_networks_and_the_own_one_are_refused(
    database: Database, admin: MemberRow, network: str
) -> None:
    with pytest.raises(InvalidError) as raised:
        await block(database, admin, network, NO_ACCESS)
    assert raised.value.field == "ip"


async def test_block_is_unique_changed_and_removed(database: Database, admin: MemberRow) -> None:
    row = await block(database, admin, "192.0.2.5/24", SIGN_UP)
    assert row.network == "192.0.2.0/24", "host bits are cleared"
    other = await block(database, admin, "198.51.100.0/24", SIGN_UP)
    async with database.write() as tx:
        for attempt in (
            ip_blocks.create(tx, admin, IpBlockChange("192.0.2.0/24", APPROVAL), OWN),
            ip_blocks.update(tx, admin, other.id, IpBlockChange("192.0.2.0/24"), OWN),
            ip_blocks.update(tx, admin, row.id, IpBlockChange(severity="sometimes"), OWN),
            ip_blocks.update(tx, admin, row.id, IpBlockChange("203.0.113.0/24", NO_ACCESS), OWN),
        ):
            with pytest.raises(InvalidError):
                await attempt
        changed = await ip_blocks.update(tx, admin, row.id, IpBlockChange(severity=NO_ACCESS), OWN)
        assert (changed.network, changed.severity) == ("192.0.2.0/24", NO_ACCESS)
        await ip_blocks.remove(tx, admin, row.id)
        assert await ip_blocks.find_severity(tx, "192.0.2.1") == ""
        with pytest.raises(NotFoundError):
            await ip_blocks.remove(tx, admin, row.id)


@pytest.mark.parametrize(
    ("written", "stored", "inside", "outside"),
    [
        ("::ffff:192.0.2.3", "192.0.2.3/32", ["192.0.2.3", "[::FFFF:C000:203]:80"], "192.0.2.4"),
        ("::ffff:192.0.2.0/120", "192.0.2.0/24", ["192.0.2.200"], "192.0.3.1"),
        ("2001:DB8::1", "2001:db8::1/128", ["2001:db8::ffff:2", "[2001:DB8::3%e]:1"], "2001:db8:0:1::1"),
        ("2001:DB8::/48", "2001:db8::/48", ["2001:0DB8:0:9::0001"], "2001:db8:1::2"),
        (" 192.0.2.7/24 ", "192.0.2.0/24", ["192.0.2.1:4711"], "192.0.3.1"),
    ],
)  # fmt: skip
async def test_blocks_hold_for_every_spelling_of_an_address(
    database: Database, admin: MemberRow, written: str, stored: str, inside: list[str], outside: str
) -> None:
    assert (await block(database, admin, written, NO_ACCESS)).network == stored
    blocklist = IpBlocklist(database.clock)
    async with database.read() as tx:
        await blocklist.load(tx)
        for address in inside:
            assert await ip_blocks.find_severity(tx, address) == NO_ACCESS, address
            assert blocklist.is_blocked(address), address
        assert await ip_blocks.find_severity(tx, outside) == ""
        assert not blocklist.is_blocked(outside)
    with pytest.raises(InvalidError):
        await block(database, admin, stored, NO_ACCESS)


async def test_moderators_cannot_block_their_own_network_in_any_spelling(
    database: Database, admin: MemberRow
) -> None:
    for written in (OWN, f"::ffff:{OWN}", f"::ffff:{OWN}/120"):
        with pytest.raises(InvalidError):
            await block(database, admin, written, NO_ACCESS)
