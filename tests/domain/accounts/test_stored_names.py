"""Names of remote accounts that an earlier version stored: corrected once, also in mentions."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from fedserver.domain.accounts import stored_names
from fedserver.domain.content import post_texts
from fedserver.domain.kernel import jobs
from storage.queries.accounts import accounts as account_queries
from storage.queries.posts import posts as post_queries
from storage.rows.accounts import AccountRow
from storage.schema import metadata
from tests.kit import tls
from tests.kit.api import Api
from tests.kit.nodes import Start, TestNode
from tests.kit.peers import StubPeers, make_actor
from tests.kit.people import create_remote_account

ACCOUNTS = metadata.tables["accounts"]
FIELD = '[{"name":"<b>x</b>\\u202e","value":"<script>alert(1)</script>ok","source":"ok","verified_at":null}]'
HOSTILE: dict[str, dict[str, Any]] = {
    "markup": {"username": "<b>x</b>"},
    "line": {"username": "a\nb"},
    "hidden": {"username": "sam\u200b"},
    "path": {"username": "../../admin"},
    "letters": {"username": "аdmin"},
    "nothing left": {"username": "\u3164"},
    "long": {"username": "x" * 3_000},
    "domain in capitals": {"domain": "PEER.TEST"},
    "our domain": {"domain": "ALPHA.TEST"},
    "no domain": {"domain": "peer.test/<b>"},
    "neither": {"domain": "a b", "uri": "nowhere"},
    "display name": {"display_name": "Sam\u202e\x1b[31m" + "x" * 300},
    "field": {"fields": FIELD},
}


async def store(node: TestNode, values: dict[str, Any]) -> AccountRow:
    """Store an account of a peer as an earlier version might have."""
    async with node.db.write() as tx:
        account = await create_remote_account(tx, "eve", "peer.test")
        lowered = {"username_lower": values["username"].lower()} if "username" in values else {}
        await tx.run(ACCOUNTS.update().where(ACCOUNTS.c.id == account.id).values(**values, **lowered))
    return account


async def start_up(node: TestNode) -> None:
    """Do what is due: the clean-up, then what it enqueued."""
    await node.settle()
    await node.settle()


async def load(node: TestNode, account_id: int) -> AccountRow:
    async with node.db.read() as tx:
        row = await account_queries.find(tx, account_id)
    assert row is not None
    return row


def is_clean(row: AccountRow) -> bool:
    text = msgspec.json.encode([row.username, row.domain, row.display_name, row.fields]).decode()
    bad = ("<script", "\\u001b", "\u202e", "\u200b", "\u3164", "..", "\n", "PEER", "ALPHA")
    is_name = row.username.isascii() and row.username.replace("_", "a").isalnum()
    is_host = row.domain in ("peer.test", stored_names.UNKNOWN_DOMAIN)
    return is_host and is_name and len(row.username) <= 60 and len(row.display_name) <= 200 and not any(
        part in text for part in bad
    )  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
async def test_stored_name_is_corrected_at_the_first_start(start: Start, name: str) -> None:
    node = await start("alpha.test")
    eve = await store(node, HOSTILE[name])
    assert not is_clean(await load(node, eve.id)), "the row is hostile before"
    ann = await node.create_member("ann")
    async with node.db.write() as tx:
        row = await account_queries.find(tx, eve.id)
        assert row is not None
        fact = post_texts.encode([post_texts.to_mention_fact(row)]).decode()
    post_id = await node.publish(ann, "hello")
    async with node.db.write() as tx:
        table = metadata.tables["posts"]
        await tx.run(table.update().where(table.c.id == post_id).values(mentions=fact))
        await tx.run(metadata.tables["mentions"].insert().values(post_id=post_id, account_id=eve.id))
    await start_up(node)
    row = await load(node, eve.id)
    assert is_clean(row), (row.username, row.domain, row.display_name, row.fields)
    async with node.db.read() as tx:
        post = await post_queries.find(tx, post_id)
        assert post is not None
        assert post_texts.decode_mentions(post.mentions) == [post_texts.to_mention_fact(row)]
        found = await account_queries.find_by_handle(tx, row.username.lower(), row.domain)
        assert found is not None
        assert found.id == eve.id
    api = Api(node, await node.create_token(ann))
    shown = await api.get(f"/api/v1/accounts/{eve.id}")
    assert shown["acct"] == f"{row.username}@{row.domain}"


async def test_account_with_a_wrong_name_is_fetched_again(start: Start, names: tls.LoopbackResolver) -> None:
    node = await start("alpha.test")
    uri = "https://peer.test/users/eve"
    eve = await store(node, {"username": "<b>eve</b>", "domain": "PEER.TEST"})
    async with StubPeers(names, "peer.test") as peers:
        peers.serve(make_actor(uri, "eve"))
        await start_up(node)
    row = await load(node, eve.id)
    assert (row.username, row.domain, row.uri) == ("eve", "peer.test", uri)


async def test_corrected_name_takes_no_handle_of_another_account(start: Start) -> None:
    node = await start("alpha.test")
    eve = await store(node, {"username": "sam\u200b"})
    async with node.db.write() as tx:
        sam = await create_remote_account(tx, "sam", "peer.test")
    await start_up(node)
    assert (await load(node, sam.id)).username == "sam"
    assert (await load(node, eve.id)).username == f"sam_{eve.id}"


async def test_good_names_stay_and_are_checked_once_in_batches(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored_names, "BATCH_SIZE", 2)
    node = await start("alpha.test")
    async with node.db.write() as tx:
        made = [await create_remote_account(tx, f"user{number}", "peer.test") for number in range(5)]
        table = metadata.tables["accounts"]
        bad = table.update().where(table.c.id == made[-1].id)
        await tx.run(bad.values(display_name="x\u202e"))
    await start_up(node)
    assert (await load(node, made[-1].id)).display_name == "x"
    assert [(await load(node, row.id)).version for row in made[:-1]] == [1] * 4, "nothing was written"
    async with node.db.write() as tx:
        await tx.run(bad.values(display_name="y\u202e"))
        await stored_names.enqueue_check(tx)
    await start_up(node)
    assert (await load(node, made[-1].id)).display_name == "y\u202e", "only once in the life of a node"
    async with node.db.write() as tx:
        await stored_names.check(tx, node.site, jobs.CheckStoredNames(made[0].id))
