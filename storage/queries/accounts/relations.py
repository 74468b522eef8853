"""Relationships of one account to others: one statement for any number of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Text,
    bindparam,
    cast,
    exists,
    literal_column,
    null,
    or_,
    select,
    union,
    union_all,
)
from sqlalchemy.sql.elements import ColumnElement

from storage.engine import ReadTx
from storage.queries.accounts.hidden import covers
from storage.statements import one_of
from storage.tables.accounts import account_notes, accounts, endorsements
from storage.tables.relationships import blocks, domain_mutes, follow_requests, follows, mutes

_actor = bindparam("actor_id", type_=BigInteger())


def _fact(
    kind: str, other: ColumnElement[int], *conditions: ColumnElement[bool], detail: object = None
) -> Any:
    text = cast(null(), Text()) if detail is None else detail
    statement: Any = select(
        literal_column(f"'{kind}'").label("kind"),
        other.label("id"),
        text.label("detail"),  # type: ignore[attr-defined]
    )
    return statement.where(one_of(other, "ids"), *conditions)


LOAD_FACTS = union_all(
    # A deleted account of a peer is there as long as something about it can be revoked.
    _fact("known", accounts.c.id, or_(accounts.c.deleted_at.is_(None), accounts.c.domain != "")),
    _fact("following", follows.c.target_id, follows.c.account_id == _actor, detail=follows.c.languages),
    _fact("showing_boosts", follows.c.target_id, follows.c.account_id == _actor, follows.c.shows_boosts),
    _fact("notifying", follows.c.target_id, follows.c.account_id == _actor, follows.c.notifies),
    _fact("followed_by", follows.c.account_id, follows.c.target_id == _actor),
    _fact("requested", follow_requests.c.target_id, follow_requests.c.account_id == _actor),
    _fact("requested_by", follow_requests.c.account_id, follow_requests.c.target_id == _actor),
    _fact("blocking", blocks.c.target_id, blocks.c.account_id == _actor),
    _fact("blocked_by", blocks.c.account_id, blocks.c.target_id == _actor),
    _fact(
        "muting",
        mutes.c.target_id,
        mutes.c.account_id == _actor,
        or_(mutes.c.expires_at.is_(None), mutes.c.expires_at > bindparam("now", type_=BigInteger())),
        detail=cast(mutes.c.expires_at, Text()),
    ),
    _fact(
        "muting_notifications", mutes.c.target_id, mutes.c.account_id == _actor, mutes.c.hides_notifications
    ),
    _fact("endorsed", endorsements.c.target_id, endorsements.c.account_id == _actor),
    _fact(
        "note", account_notes.c.target_id, account_notes.c.account_id == _actor, detail=account_notes.c.note
    ),
    _fact(
        "domain_blocking",
        accounts.c.id,
        exists(select(literal_column("1")).where(domain_mutes.c.account_id == _actor, covers(accounts))),
    ),
)

_related = union(
    *(
        select(table.c.account_id.label("id"))
        .join(accounts, accounts.c.id == table.c.account_id)
        .where(
            table.c.target_id == bindparam("target_id"),
            table.c.account_id > bindparam("after_id"),
            accounts.c.domain == "",
        )
        for table in (follows, follow_requests, blocks, mutes, account_notes)
    )
).subquery()
LIST_RELATED = select(_related.c.id).order_by(_related.c.id).limit(bindparam("limit"))


async def list_related(tx: ReadTx, target_id: int, after_id: int, limit: int) -> list[int]:
    """Return ids of local accounts that follow (or asked to), block, mute or note another, by id."""
    return await tx.values(LIST_RELATED, target_id=target_id, after_id=after_id, limit=limit)


async def load_facts(tx: ReadTx, actor_id: int, ids: Sequence[int]) -> dict[str, dict[int, str | None]]:
    """Return for each kind of fact the accounts for which it holds, with a detail of it."""
    facts: dict[str, dict[int, str | None]] = {}
    for kind, account_id, detail in await tx.all(LOAD_FACTS, actor_id=actor_id, ids=list(ids), now=tx.now):
        facts.setdefault(kind, {})[account_id] = detail
    return facts
