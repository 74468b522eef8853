"""Accounts for tests, ours and of peers, without any protocol between."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fedserver.config import Config, Node
from fedserver.domain.accounts import accounts
from fedserver.domain.accounts.accounts import RemoteAccount
from fedserver.domain.accounts.keys import NewKeys
from fedserver.domain.kernel.context import Site
from fedserver.domain.posts import posts
from fedserver.domain.relationships import follows
from fedserver.links import Links
from storage.engine import Database, Tx
from storage.rows.accounts import AccountRow
from tests.kit import keys

DOMAIN = "alpha.test"


def site(folder: Path | None = None, **sections: Any) -> Site:
    """A site at https://alpha.test."""
    node = Node(domain=DOMAIN, base_url=f"https://{DOMAIN}", data_dir=str(folder or "data"))
    return Site(Config(node=node, **sections), Links(f"https://{DOMAIN}", DOMAIN))


def new_keys(name: int | str = 0) -> NewKeys:
    """Keys made once a run."""
    return NewKeys(*keys.rsa(name), *keys.ed25519(name))


async def member(tx: Tx, where: Site, username: str) -> AccountRow:
    """An account of ours."""
    return await accounts.create_local(tx, where, username, new_keys())


async def stranger(tx: Tx, username: str, domain: str = "beta.test", **changes: Any) -> AccountRow:
    """An account of a peer."""
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
    return await accounts.receive(tx, RemoteAccount(**{**values, **changes}))


async def people(database: Database, where: Site, *names: str) -> list[AccountRow]:
    """Accounts of ours (`ann`) and of peers (`bob@beta.test`)."""
    made = []
    async with database.write() as tx:
        for name in names:
            username, _, domain = name.partition("@")
            made.append(await stranger(tx, username, domain) if domain else await member(tx, where, username))
    return made


async def write(database: Database, where: Site, author: AccountRow, text: str, **draft: Any) -> int:
    """Publish a post; its id."""
    async with database.write() as tx:
        return await posts.publish(tx, where, author, posts.Draft(text=text, **draft))


async def befriend(database: Database, where: Site, follower: AccountRow, target: AccountRow) -> None:
    """`follower` follows `target`, whose own node has accepted."""
    async with database.write() as tx:
        await follows.follow(tx, where, follower, target)
        if target.domain:
            await follows.receive_answer(tx, target, follower.id, None, accepted=True)
