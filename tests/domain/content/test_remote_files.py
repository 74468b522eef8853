"""The cache of files of peers: who may ask for them, and which are evicted."""

from __future__ import annotations

import pytest
from msgspec import structs

from fedserver.domain.accounts import account_removal
from fedserver.domain.content import remote_files
from fedserver.domain.content.remote_files import FetchedFile
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import NotFoundError
from storage.engine import Database, Tx
from storage.queries.accounts import accounts as account_queries
from storage.rows.accounts import AccountRow
from storage.rows.content import RemoteFileRow
from tests.kit.clock import Clock
from tests.kit.people import create_remote_account

AVATAR = "https://beta.test/avatar.png"


async def create_account(tx: Tx, name: str) -> AccountRow:
    return await create_remote_account(tx, name, avatar_url=f"{AVATAR}?{name}")


async def save(tx: Tx, here: NodeContext, account: AccountRow, key: str, size: int) -> RemoteFileRow:
    token = here.links.file_token(account.avatar_url)
    request = await remote_files.get(tx, here, account.id, "avatar", token)
    return await remote_files.store(tx, request, FetchedFile(key, f"{key}-small", size, 1, 1, None))


async def test_file_is_found_with_the_token_of_its_url_only(database: Database, here: NodeContext) -> None:
    async with database.write() as tx:
        bob = await create_account(tx, "bob")
        token = here.links.file_token(bob.avatar_url)
        request = await remote_files.get(tx, here, bob.id, "avatar", token)
        assert (request.url, request.kind, request.host) == (bob.avatar_url, "image", "beta.test")
        assert request.stored is None
        for account_id, shape, wrong in (
            (bob.id, "avatar", here.links.file_token(AVATAR)),
            (bob.id, "header", token),
            (bob.id, "file", token),
            (bob.id, "card", token),
            (bob.id + 1, "avatar", token),
        ):
            with pytest.raises(NotFoundError):
                await remote_files.get(tx, here, account_id, shape, wrong)
        await account_queries.set_limits(tx, bob.id, suspended_at=tx.now, silenced_at=None)
        with pytest.raises(NotFoundError):
            await remote_files.get(tx, here, bob.id, "avatar", token)


async def test_emoji_is_found_with_the_signature_of_the_node_only(
    database: Database, here: NodeContext
) -> None:
    signing = structs.replace(here, links=structs.replace(here.links, secret=b"secret"))
    url = "https://beta.test/emoji/cat.png"
    async with database.read() as tx:
        request = await remote_files.get_emoji(tx, signing, url, signing.links.sign(url))
        assert (request.shape, request.host) == ("emoji", "beta.test")
        for site, signature in ((signing, "x"), (signing, signing.links.sign(url + "x")), (here, "")):
            with pytest.raises(NotFoundError):
                await remote_files.get_emoji(tx, site, url, signature)


async def test_stored_file_is_used_until_its_url_changes(database: Database, here: NodeContext) -> None:
    async with database.write() as tx:
        bob = await create_account(tx, "bob")
        row = await save(tx, here, bob, "one", 10)
        token = here.links.file_token(bob.avatar_url)
        assert (await remote_files.get(tx, here, bob.id, "avatar", token)).stored == row
        bob = await create_remote_account(tx, "bob", avatar_url=f"{AVATAR}?new")
        token = here.links.file_token(bob.avatar_url)
        assert (await remote_files.get(tx, here, bob.id, "avatar", token)).stored is None


async def test_eviction_removes_orphans_and_then_the_least_recently_used(
    database: Database, here: NodeContext, clock: Clock
) -> None:
    rows = {}
    for name in ("ann", "bob", "eve", "gone"):
        async with database.write() as tx:
            rows[name] = await save(tx, here, await create_account(tx, name), name, 100)
        clock.forward(hours=1)
    async with database.write() as tx:
        await remote_files.mark_used(tx, rows["ann"])
        gone = await account_queries.find_by_handle(tx, "gone", "beta.test")
        assert gone is not None
        await account_removal.delete_remote(tx, gone)
        assert await remote_files.evict(tx, 300) == ["gone", "gone-small"], "the others fit"
        assert await remote_files.evict(tx, 250) == ["bob", "bob-small"], "the one not used for the longest"
        assert await remote_files.evict(tx, 250) == []
        assert sorted(await remote_files.evict(tx, 0)) == ["ann", "ann-small", "eve", "eve-small"]
