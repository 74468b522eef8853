"""Accounts with the facts shown beside them, loaded in batches of at most two statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from msgspec import Struct, structs

from addresses.hosts import to_unicode
from fedserver.domain.accounts.accounts import EMPTY_PROFILE
from fedserver.domain.accounts.profiles import ProfileField
from fedserver.domain.content.emojis import EmojiFact, decode_emojis
from storage.engine import ReadTx
from storage.queries.accounts import accounts as account_queries
from storage.queries.accounts import relations as relation_queries
from storage.rows.accounts import AccountRow

HIDING = ("blocking", "muting", "domain_blocking", "blocked_by")  # relations of a viewer to accounts
MAX_CACHED = 1_000  # views in memory, a few kilobytes each
_decode_fields = msgspec.json.Decoder(list[ProfileField]).decode


class AccountView(Struct, frozen=True):
    """An account as anybody may see it; `role` is the member's, '' for none."""

    account: AccountRow
    role: str
    moved_to: AccountView | None

    @property
    def fields(self) -> list[ProfileField]:
        return _decode_fields(self.account.fields)

    @property
    def emojis(self) -> list[EmojiFact]:
        return decode_emojis(self.account.emojis)

    @property
    def handle(self) -> str:
        """`ann` for ours, `bob@beta.test` for others; a domain in another script is shown in that script.

        So does Mastodon's `acct` (docs.joinmastodon.org/entities/Account); handles are read in both forms.
        """
        row = self.account
        return show_handle(f"{row.username}@{row.domain}") if row.domain else row.username

    @property
    def name(self) -> str:
        """The display name, or the username without one."""
        return self.account.display_name or self.account.username


def show_handle(handle: str) -> str:
    """Return a stored handle as people read it: a domain in another script is shown in that script."""
    username, at, domain = handle.partition("@")
    return f"{username}{at}{to_unicode(domain)}"


def redact_suspended(row: AccountRow) -> AccountRow:
    """Return the public form of an account: of a suspended one only the name is left."""
    if row.suspended_at is None:
        return row
    return structs.replace(
        row,
        **EMPTY_PROFILE,
        followers_count=0,
        following_count=0,
        posts_count=0,
        last_post_at=None,
    )


async def load(tx: ReadTx, ids: Sequence[int]) -> dict[int, AccountView]:
    """Return views by id; accounts that moved include their target, one step deep."""
    if not ids:
        return {}
    rows = await account_queries.load_with_roles(tx, ids)
    moved = {row.moved_to_id for row, _ in rows if row.moved_to_id is not None}
    targets: dict[int | None, AccountView] = {}
    if moved:
        for row, role in await account_queries.load_with_roles(
            tx, [target_id for target_id in moved if target_id is not None]
        ):
            targets[row.id] = AccountView(row, role or "", None)
    return {row.id: AccountView(row, role or "", targets.get(row.moved_to_id)) for row, role in rows}


async def load_cached(tx: ReadTx, ids: Sequence[int], versions: Mapping[int, int]) -> dict[int, AccountView]:
    """Return views by id, using cached ones of the given versions. A writer does not fill the cache."""
    cache = tx.caches.get_cache("accounts", MAX_CACHED)
    cached: dict[int, AccountView] = {}
    for account_id in ids:
        entry = cache.get(account_id)
        if entry is not None and entry.account.version == versions.get(account_id):
            cached[account_id] = entry
    loaded = await load(tx, [account_id for account_id in ids if account_id not in cached])
    if not tx.is_write:  # a writer may still roll back
        for account_id, view in loaded.items():
            cache.store(account_id, view)
    return cached | loaded


async def find_by_handle(tx: ReadTx, username: str, domain: str = "") -> AccountView | None:
    """Return an account by its handle, in whatever spelling; cached while its version does not change."""
    return await _load_by_stamp(tx, await account_queries.find_stamp_by_handle(tx, username, domain))


async def find(tx: ReadTx, account_id: int) -> AccountView | None:
    """Return an account by id; cached while its version does not change."""
    return await _load_by_stamp(tx, await account_queries.find_stamp(tx, account_id))


async def _load_by_stamp(tx: ReadTx, stamp: tuple[int, int] | None) -> AccountView | None:
    if stamp is None:
        return None
    account_id, version = stamp
    view = (await load_cached(tx, [account_id], {account_id: version})).get(account_id)
    # The version does not cover the account to which this one moved: load that again.
    return view if view is None or view.moved_to is None else (await load(tx, [account_id])).get(account_id)


async def load_page(tx: ReadTx, ids: Sequence[int], *, include_tombstones: bool = False) -> list[AccountView]:
    """Return views in the order of `ids`, without suspended or deleted accounts.

    `include_tombstones` is for lists from which members revoke what they decided about remote accounts.
    """
    loaded = await load(tx, ids)
    views = (loaded.get(account_id) for account_id in ids)
    return [
        view
        for view in views
        if view is not None
        and view.account.suspended_at is None
        and (view.account.deleted_at is None or (include_tombstones and view.account.domain))
    ]


async def load_hidden(tx: ReadTx, viewer_id: int | None, ids: Sequence[int]) -> set[int]:
    """Return those of the accounts that a viewer blocks, mutes or is blocked by, muted domains included."""
    if viewer_id is None or not ids:
        return set()
    facts = await relation_queries.load_facts(tx, viewer_id, ids)
    return {account_id for kind in HIDING for account_id in facts.get(kind, ())}
