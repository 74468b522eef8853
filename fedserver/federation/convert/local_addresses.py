"""Addresses of this node as peers spell them become the ids under which accounts and posts are stored.

Peers name what is here by the address of its page, with the host in capitals, with a slash at the end and so
on. All that they send is compared by id, so other spellings are replaced before anything looks at them.
"""

from __future__ import annotations

from collections.abc import Iterable

from fedserver.links import Links
from storage.engine import ReadTx
from storage.queries.accounts import accounts as account_queries
from storage.queries.posts import posts as post_queries

MAX_ADDRESSES = 100  # of one document; each costs a statement or two


def select_misspelled(links: Links, addresses: Iterable[str]) -> list[str]:
    """Return those addresses that name something here, but not by its id; at most 100."""
    selected = [
        address
        for address in dict.fromkeys(addresses)
        if not links.is_id(address) and links.parse_subject(address) is not None
    ]
    return selected[:MAX_ADDRESSES]


async def load_ids(tx: ReadTx, links: Links, addresses: Iterable[str]) -> dict[str, str]:
    """Return the ids of the accounts and posts that addresses name; others are missing."""
    ids = {address: await find_id(tx, links, address) for address in addresses}
    return {address: uri for address, uri in ids.items() if uri is not None and uri != address}


async def find_id(tx: ReadTx, links: Links, address: str) -> str | None:
    """Return the id of the account or the post of this node that an address names, in whatever spelling.

    Returns None for anything else. Boosts are not among them: theirs is the id of an activity.
    """
    named = links.parse_subject(address)
    if named is None:
        return None
    account = await account_queries.find_by_handle(tx, named.username, "")
    if account is None or not named.post:
        return account.uri if account is not None else None
    return await post_queries.find_own_uri(tx, account.id, named.post)
