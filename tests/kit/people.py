"""Accounts for tests, ours and of peers, without any protocol between."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fedserver.config import Config, NodeConfig
from fedserver.domain.accounts import accounts, remote_accounts
from fedserver.domain.accounts.keys import NewKeys
from fedserver.domain.accounts.remote_accounts import RemoteAccount
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.posts import posts
from fedserver.domain.relationships import follows
from fedserver.links import Links
from storage.engine import Database, Tx
from storage.rows.accounts import AccountRow
from tests.kit import keys

DOMAIN = "alpha.test"


def make_context(folder: Path | None = None, **sections: Any) -> NodeContext:
    """Return a node context at https://alpha.test."""
    node = NodeConfig(domain=DOMAIN, base_url=f"https://{DOMAIN}", data_dir=str(folder or "data"))
    return NodeContext(Config(node=node, **sections), Links(f"https://{DOMAIN}", DOMAIN))


def new_keys(name: int | str = 0) -> NewKeys:
    """Keys made once a run."""
    return NewKeys(*keys.rsa(name), *keys.ed25519(name))


async def create_member(tx: Tx, where: NodeContext, username: str) -> AccountRow:
    """Insert and return an account of this node."""
    return await accounts.create_local(tx, where, username, new_keys())


async def create_remote_account(
    tx: Tx, username: str, domain: str = "beta.test", **changes: Any
) -> AccountRow:
    """Insert and return an account of a peer."""
    base = f"https://{domain}/users/{username}"
    values: dict[str, Any] = {
        "uri": base,
        "username": username,
        "domain": domain,
        "kind": "Person",
        "display_name": username.title(),
        "note": "",
        "url": f"https://{domain}/@{username}",
        "inbox_uri": f"{base}/inbox",
        "shared_inbox_uri": f"https://{domain}/inbox",
        "outbox_uri": f"{base}/outbox",
        "followers_uri": f"{base}/followers",
        "following_uri": f"{base}/following",
        "featured_uri": f"{base}/featured",
        "avatar_url": "",
        "avatar_alt": "",
        "header_url": "",
        "header_alt": "",
        "fields": (),
        "emojis": "[]",
        "also_known_as": (),
        "locked": False,
        "discoverable": True,
        "indexable": True,
        "memorial": False,
        "created_at": None,
        "keys": ((f"{base}#main-key", "rsa", keys.rsa(1)[1]),),
    }
    return await remote_accounts.receive(tx, RemoteAccount(**{**values, **changes}))


async def create_accounts(database: Database, where: NodeContext, *names: str) -> list[AccountRow]:
    """Accounts of ours (`ann`) and of peers (`bob@beta.test`)."""
    made = []
    async with database.write() as tx:
        for name in names:
            username, _, domain = name.partition("@")
            made.append(
                await create_remote_account(tx, username, domain)
                if domain
                else await create_member(tx, where, username)
            )
    return made


async def publish(database: Database, where: NodeContext, author: AccountRow, text: str, **draft: Any) -> int:
    """Publish a post; its id."""
    async with database.write() as tx:
        return await posts.publish(tx, where, author, posts.Draft(text=text, **draft))


async def establish_follow(
    database: Database, where: NodeContext, follower: AccountRow, target: AccountRow
) -> None:
    """`follower` follows `target`, whose own node has accepted."""
    async with database.write() as tx:
        await follows.follow(tx, where, follower, target)
        if target.domain:
            await follows.receive_answer(tx, target, follower.id, None, accepted=True)
