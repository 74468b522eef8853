"""Accounts of peers: saved and updated as their actors say."""

from __future__ import annotations

import msgspec
from msgspec import Struct, structs

from fedserver.domain.accounts import decisions, profiles, verified_links
from fedserver.domain.accounts.profiles import ProfileField
from fedserver.domain.content import search_index
from fedserver.domain.kernel import events
from fedserver.domain.kernel.errors import InvalidError
from fedserver.text.sanitize import clean_profile
from fedserver.text.tokenizer import fold
from storage.engine import ReadTx, Tx
from storage.queries.accounts import accounts as account_queries
from storage.queries.accounts import keys as key_queries
from storage.queries.peers import peers as peer_queries
from storage.rows.accounts import AccountRow, KeyRow

encode = msgspec.json.Encoder().encode


class RemoteAccount(Struct, frozen=True, kw_only=True):
    """An actor fetched from a peer: its authority is checked, its text is not yet sanitized."""

    uri: str
    username: str
    domain: str
    kind: str
    display_name: str
    note: str
    url: str
    inbox_uri: str
    shared_inbox_uri: str
    outbox_uri: str
    followers_uri: str
    following_uri: str
    featured_uri: str
    avatar_url: str
    avatar_alt: str
    header_url: str
    header_alt: str
    fields: tuple[ProfileField, ...]
    emojis: str
    also_known_as: tuple[str, ...]
    locked: bool
    discoverable: bool
    indexable: bool
    memorial: bool
    created_at: int | None
    keys: tuple[tuple[str, str, str], ...]  # uri, kind, public
    other_hosts: tuple[str, ...] = ()  # that its actor is on, besides `domain`, which is that of the handle
    attribution_domains: tuple[str, ...] = ()
    moved_to: str = ""
    identity_proofs: str = "[]"  # JSON, verified


async def receive(tx: Tx, remote: RemoteAccount) -> AccountRow:
    """Save a fetched actor of a peer. Local accounts are never touched.

    Raises InvalidError for an actor without a domain: it would pass for a local account.
    """
    if not remote.domain:
        raise InvalidError("domain", "can't be blank", "ERR_BLANK")
    username_lower = remote.username.lower()
    known = await account_queries.list_by_address(tx, remote.uri, username_lower, remote.domain)
    former = next((account for account in known if account.uri == remote.uri), None)
    if former is not None and not former.domain:
        return former
    holder = next((account for account in known if account.uri != remote.uri), None)
    if holder is not None:
        await account_queries.release_handle(tx, username_lower, remote.domain, remote.uri)
    row = structs.replace(_to_row(tx, remote, former), moved_to_id=await _find_moved_to(tx, remote, former))
    hosts = account_queries.encode_hosts(remote.other_hosts)
    if former is None or former.domain != remote.domain:
        # An account that came to a limited host later is limited as if it had always been there.
        limited = await peer_queries.find_limited_at(tx, remote.domain, *remote.other_hosts)
        row = structs.replace(row, silenced_at=row.silenced_at or limited)
    if former is None:
        await account_queries.insert(tx, row, fold(row.display_name), other_hosts=hosts)
        row = await account_queries.find_by_uri(tx, remote.uri) or row
    else:
        values = {name: getattr(row, name, None) for name in account_queries.REMOTE_COLUMNS}
        folded = {"username_lower": row.username.lower(), "name_folded": fold(row.display_name)}
        await account_queries.update_remote(tx, row.id, {**values, **folded, "other_hosts": hosts})
        if row.silenced_at != former.silenced_at:
            await account_queries.set_limit(tx, row.id, "silenced_at", row.silenced_at)
        if row.indexable != former.indexable:
            await search_index.enqueue_reindex(tx, row.id)
    row = await _apply_decisions(tx, row, former, holder)
    await key_queries.upsert_keys(
        tx,
        [
            KeyRow(tx.new_id(), row.id, uri, "node", kind, public, None, tx.now, None)
            for uri, kind, public in remote.keys
        ],
    )
    await key_queries.delete_others(tx, row.id, [uri for uri, _, _ in remote.keys])
    await verified_links.enqueue_check(tx, row, former)
    tx.emit(events.ACCOUNT_CHANGED, account_id=row.id)
    return row


async def _apply_decisions(
    tx: Tx, row: AccountRow, former: AccountRow | None, holder: AccountRow | None
) -> AccountRow:
    """Apply what was decided about the addresses of an account: its handle, and the one it had before.

    `holder` had its handle until now. The account to which it moved gets its limits.
    """
    if former is not None and _handle(former) != _handle(row):
        await decisions.keep_handle(tx, former)
    if holder is not None:
        row = await decisions.inherit(tx, holder, row)
        await decisions.drop_former_holders(tx, holder)
    if row.moved_to_id is not None and (former is None or former.moved_to_id != row.moved_to_id):
        target = await account_queries.find(tx, row.moved_to_id)
        if target is not None:
            await decisions.carry_limits(tx, row, target)
    return row


def _handle(row: AccountRow) -> tuple[str, str]:
    return row.username.lower(), row.domain


def _to_row(tx: Tx, remote: RemoteAccount, former: AccountRow | None) -> AccountRow:
    page = remote.url or remote.uri
    former_fields = profiles.decode_fields(former) if former else []
    return AccountRow(
        id=former.id if former else tx.new_id(),
        uri=remote.uri,
        username=remote.username,
        domain=remote.domain,
        kind=remote.kind,
        display_name=profiles.clean_remote_name(remote.display_name),
        note_source="",
        note_html=clean_profile(remote.note, page),
        url=remote.url,
        inbox_uri=remote.inbox_uri,
        shared_inbox_uri=remote.shared_inbox_uri,
        outbox_uri=remote.outbox_uri,
        followers_uri=remote.followers_uri,
        following_uri=remote.following_uri,
        featured_uri=remote.featured_uri,
        avatar_key="",
        avatar_url=remote.avatar_url,
        avatar_alt=remote.avatar_alt,
        header_key="",
        header_url=remote.header_url,
        header_alt=remote.header_alt,
        fields=profiles.clean_remote_fields(remote.fields, page, former_fields),
        emojis=remote.emojis,
        also_known_as=encode(remote.also_known_as).decode(),
        attribution_domains=encode(remote.attribution_domains).decode(),
        moved_to_id=None,
        locked=remote.locked,
        discoverable=remote.discoverable,
        indexable=remote.indexable,
        hides_collections=False,
        memorial=remote.memorial,
        identity_proofs=remote.identity_proofs,
        created_at=min(remote.created_at or tx.now, tx.now),
        updated_at=tx.now,
        fetched_at=tx.now,
        last_post_at=former.last_post_at if former else None,
        silenced_at=former.silenced_at if former else None,
        suspended_at=former.suspended_at if former else None,
        sensitized_at=former.sensitized_at if former else None,
        deleted_at=None,
        followers_count=former.followers_count if former else 0,
        following_count=former.following_count if former else 0,
        posts_count=former.posts_count if former else 0,
    )


async def _find_moved_to(tx: ReadTx, remote: RemoteAccount, former: AccountRow | None) -> int | None:
    """Return the id of the account to which a remote account moved, if that one is known and confirms it."""
    target = await account_queries.find_by_uri(tx, remote.moved_to) if remote.moved_to else None
    if target is None:
        return None
    is_confirmed = former is not None and former.moved_to_id == target.id
    return target.id if is_confirmed or remote.uri in profiles.decode_aliases(target) else None
