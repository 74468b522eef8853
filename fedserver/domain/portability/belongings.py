"""What a member owns beside posts and what has a CSV file: drafts, filters, notes …, for an archive.

Ids are those of this node, and hold only inside the archive; accounts are named by their handles, posts by
their URIs.
"""

from __future__ import annotations

from typing import Any

import msgspec

from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.portability import import_files
from storage.engine import ReadTx
from storage.queries.portability import belongings as belonging_queries
from storage.rows.accounts import AccountRow

Record = dict[str, Any]
# What has a file of its own, by the field under which the entries of another kind are put, and their key.
PARTS = {
    "lists": {"accounts": ("list_accounts", "list_id")},
    "collections": {"accounts": ("collection_items", "collection_id")},
    "filters": {"keywords": ("filter_keywords", "filter_id"), "posts": ("filter_posts", "filter_id")},
    "drafts": {"files": ("files", "post_id")},
    "scheduled": {"files": ("files", "scheduled_id")},
}
PART_KEYS = {key for parts in PARTS.values() for _, key in parts.values()}
PART_KINDS = {kind for parts in PARTS.values() for kind, _ in parts.values()}
JSON_COLUMNS = ("draft", "fields", "settings", "contexts", "media", "poll")
_decode = msgspec.json.Decoder().decode


async def load(tx: ReadTx, site: NodeContext, account: AccountRow) -> dict[str, list[Record]]:
    """Return everything by kind, in a form that can be written as JSON; times are ms UTC."""
    loaded = {
        kind: [_to_entry(site, record) for record in await belonging_queries.list_all(tx, kind, account.id)]
        for kind in belonging_queries.KINDS
    }
    for kind, parts in PARTS.items():
        for field, (part, key) in parts.items():
            for entry in loaded[kind]:
                entry[field] = [_without_keys(item) for item in loaded[part] if item[key] == entry["id"]]
    return {kind: entries for kind, entries in loaded.items() if kind not in PART_KINDS}


def _to_entry(site: NodeContext, record: Record) -> Record:
    """Return a row with its JSON decoded, and a handle in the place of user name and domain."""
    entry = {
        name: _decode(value) if name in JSON_COLUMNS and value else value for name, value in record.items()
    }
    if "username" in entry:
        handle = import_files.format_handle(site, entry.pop("username"), entry.pop("domain"))
        entry = {"account": handle, **entry}
    return entry


def _without_keys(entry: Record) -> Record:
    return {name: value for name, value in entry.items() if name not in PART_KEYS}
