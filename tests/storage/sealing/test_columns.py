"""Secrets in the database: none stands there in clear, old ones are sealed once, only the right key opens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pyotp
import pytest
from sqlalchemy import select, update

from fedserver.domain.accounts import accounts, keys
from fedserver.domain.auth import members, two_factor
from fedserver.domain.notifications import push_keys
from fedserver.node import open_node
from storage.engine import Database
from storage.errors import SealKeyError
from storage.opening import open_database, prepare_database
from storage.schema import metadata
from storage.sealing import columns
from storage.sealing.box import SEALED_PREFIX, SecretBox
from storage.tables.accounts import keys as key_table
from tests.kit import people
from tests.kit.clock import Clock
from tests.kit.nodes import Start, make_config


def read_file(url: str) -> bytes:
    return Path(url.removeprefix("sqlite:")).read_bytes()


async def read_texts(db: Database) -> list[str]:
    """Return every text in a database."""
    async with db.read() as tx:
        tables = [await tx.all(select(table)) for table in metadata.sorted_tables]
    return [item for rows in tables for row in rows for item in row if isinstance(item, str)]


@pytest.fixture
def box(tmp_path: Path) -> SecretBox:
    return SecretBox(tmp_path / "keys" / "seal.key")


@pytest.fixture
async def old(database_url: str, clock: Clock) -> AsyncIterator[dict[str, Any]]:
    """Leave secrets of each kind in clear, as an earlier version did, and provide them."""
    db, here = await open_database(database_url, clock), people.make_context()
    secret = two_factor.new_secret()
    async with db.write() as tx:
        _, ann = await members.create_approved(tx, here, "ann", "a@m.test", "hash", people.new_keys())
        member = await members.get_by_username(tx, "ann")
        code = pyotp.TOTP(secret).at(int(clock() // 1000))
        await two_factor.enable_app(tx, member, secret, code)
        await push_keys.save(tx, "-----BEGIN PRIVATE KEY----- push", "public")
    await db.close()
    yield {"account_id": ann.id, "secret": secret, "push": "-----BEGIN PRIVATE KEY----- push"}


async def test_secrets_of_an_earlier_version_are_sealed_at_the_first_start(
    database_url: str, clock: Clock, box: SecretBox, old: dict[str, Any]
) -> None:
    before = await open_database(database_url, clock)
    texts = await read_texts(before)
    assert any("PRIVATE KEY" in text for text in texts)
    assert old["secret"] in texts
    await before.close()

    db = await prepare_database(database_url, clock, box)
    texts = await read_texts(db)
    assert not [text for text in texts if "PRIVATE KEY" in text or old["secret"] in text]
    async with db.write() as tx:
        rows = await keys.list_by_account(tx, old["account_id"])
        assert {row.private for row in rows} == {
            people.new_keys().rsa_private,
            people.new_keys().ed25519_private,
        }
        assert await push_keys.get_private_key(tx) == old["push"]
        member = await members.get_by_username(tx, "ann")
        later = clock() // 1000 + 30
        assert await two_factor.verify_code(tx, member, pyotp.TOTP(old["secret"]).at(int(later)))
    await db.close()
    if database_url.startswith("sqlite:"):
        content = read_file(database_url)
        assert b"PRIVATE KEY" not in content, "nothing is left in free parts of the file"
        assert old["secret"].encode() not in content


async def test_processes_that_start_together_seal_once(
    database_url: str, clock: Clock, tmp_path: Path, old: dict[str, Any]
) -> None:
    boxes = [SecretBox(tmp_path / "keys" / "seal.key") for _ in range(4)]
    opened = await asyncio.gather(*(prepare_database(database_url, clock, each) for each in boxes))
    for db in opened:
        async with db.read() as tx:
            assert len([row.private for row in await keys.list_by_account(tx, old["account_id"])]) == 2
            assert await push_keys.get_private_key(tx) == old["push"]
        await db.close()


async def test_sealing_that_was_interrupted_is_done_at_the_next_start(
    database_url: str, clock: Clock, box: SecretBox, old: dict[str, Any]
) -> None:
    class InterruptedBox(SecretBox):
        count = 0

        def encrypt(self, secret: str, context: str) -> str:
            self.count += 1
            if self.count == 4:
                raise OSError("interrupted")
            return super().encrypt(secret, context)

    with pytest.raises(SealKeyError, match="interrupted"):
        await (await prepare_database(database_url, clock, InterruptedBox(box.path))).close()
    halted = await open_database(database_url, clock)
    assert any("PRIVATE KEY" in text for text in await read_texts(halted))
    assert not any(text.startswith(SEALED_PREFIX) for text in await read_texts(halted))
    await halted.close()
    db = await prepare_database(database_url, clock, box)
    assert not any("PRIVATE KEY" in text for text in await read_texts(db))
    async with db.read() as tx:
        assert await push_keys.get_private_key(tx) == old["push"]
    await db.close()


@pytest.mark.parametrize("content", [None, "ab" * 32, "nonsense"])
async def test_database_with_another_key_is_not_opened(
    database_url: str, clock: Clock, box: SecretBox, content: str | None
) -> None:
    await (await prepare_database(database_url, clock, box)).close()
    box.path.unlink()
    if content is not None:
        box.path.write_text(content)
    with pytest.raises(SealKeyError, match=r"seal\.key"):
        await (await prepare_database(database_url, clock, SecretBox(box.path))).close()
    assert box.path.exists() is (content is not None), "no new key takes its place"


async def test_sealed_value_moved_to_another_row_is_not_read(
    database_url: str, clock: Clock, box: SecretBox
) -> None:
    db, here = await prepare_database(database_url, clock, box), people.make_context()
    async with db.write() as tx:
        ann = await accounts.create_local(tx, here, "ann", people.new_keys())
        bob = await accounts.create_local(tx, here, "bob", people.new_keys(1))
        value = await tx.value(select(key_table.c.private).where(key_table.c.account_id == ann.id).limit(1))
        await tx.run(update(key_table).where(key_table.c.account_id == bob.id).values(private=value))
    async with db.read() as tx:
        with pytest.raises(SealKeyError):
            await keys.list_by_account(tx, bob.id)
    await db.close()


async def test_node_that_works_leaves_no_secret_in_clear(start: Start, tmp_path: Path) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    member, secret = await node.load_member(ann), two_factor.new_secret()
    async with node.db.write() as tx:
        code = pyotp.TOTP(secret).at(int(node.clock() // 1000))
        await two_factor.enable_app(tx, member, secret, code)
        private = await push_keys.get_private_key(tx)
    texts = await read_texts(node.db)
    assert not [text for text in texts if "PRIVATE KEY" in text or secret in text or private in text]


async def test_two_nodes_on_one_database_need_the_same_key(
    database_url: str, tmp_path: Path, clock: Clock
) -> None:
    first = await open_node(make_config("alpha.test", tmp_path / "first", database_url), clock=clock)
    await first.close()
    with pytest.raises(SealKeyError, match="another machine"):
        second = await open_node(make_config("alpha.test", tmp_path / "second", database_url), clock=clock)
        await second.close()


# Columns whose names sound secret, and why everybody who has the database may read them.
READABLE = {
    "email_subscriptions.token": "ends or confirms a subscription; it is in each mail",
    "sessions.csrf": "worth nothing without the cookie, of which only the hash is stored",
    "push_subscriptions.sealed_token": "sealed by the domain",
    "sessions.sealed_id_token": "sealed by the domain",
    "codes.challenge": "the hash of what the app keeps (RFC 7636)",
    "notification_policies.for_private_mentions": "a setting",
    "push_subscriptions.endpoint": "takes messages signed by our key only",
}


def test_every_column_that_sounds_secret_is_sealed_hashed_or_named_here() -> None:
    words = ("secret", "private", "token", "password", "csrf", "challenge", "endpoint")
    sealed = {f"{each.table.name}.{each.column.name}" for each in columns.SEALED_COLUMNS}
    for table in metadata.sorted_tables:
        for column in table.columns:
            name = f"{table.name}.{column.name}"
            if not any(word in column.name for word in words) or column.name.endswith(("_hash", "_id")):
                continue
            assert name in sealed | READABLE.keys(), name
