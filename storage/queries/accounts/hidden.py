"""Conditions for other queries: whom a viewer blocks, mutes or is blocked by."""

from __future__ import annotations

from sqlalchemy import FromClause, Text, and_, bindparam, exists, literal, or_, select
from sqlalchemy.sql.elements import ColumnElement

from storage.tables.accounts import accounts
from storage.tables.relationships import blocks, domain_mutes, mutes

_hidden = accounts.alias()


def bind_viewer(viewer_id: int | None) -> int:
    """Return the parameter for a viewer: -1, which is no account and hides nobody, if not logged in."""
    return -1 if viewer_id is None else viewer_id


def covers(account: FromClause) -> ColumnElement[bool]:
    """Return the condition that a row of `domain_mutes` covers a row of `accounts`, or of an alias of it.

    An account is of every host that it is on: that of its handle, and that of its actor where it is another.
    Subdomains and ports are covered; local accounts, whose domain is '', never are.
    """
    domain, other_hosts = account.c.domain, account.c.other_hosts
    return or_(
        domain_mutes.c.domain == domain,
        _matches(domain, ("%.", "")),
        # Few accounts are on hosts with a port, or on a second host: the others cost one comparison each.
        and_(domain.like("%:%"), _matches(domain, ("", ":%"), ("%.", ":%"))),
        and_(
            other_hosts != "",
            _matches(other_hosts, ("% ", " %"), ("%.", " %"), ("% ", ":%"), ("%.", ":%")),
        ),
    )


def _matches(hosts: ColumnElement[str], *patterns: tuple[str, str]) -> ColumnElement[bool]:
    """Return the condition that `hosts` is like the muted domain between what is before and after it."""
    return or_(
        *(
            hosts.like(literal(before, Text()).concat(domain_mutes.c.domain).concat(literal(after, Text())))
            for before, after in patterns
        )
    )


def is_not_hidden(account: ColumnElement[int], viewer: str = "viewer_id") -> ColumnElement[bool]:
    """Return the condition that the viewer neither blocks nor mutes the account, nor is blocked by it.

    Muted domains are included. Needs the parameters `viewer` (-1: not logged in) and `now`.
    """
    viewer_param: ColumnElement[int] = bindparam(viewer)
    return and_(
        ~exists(
            select(literal(1)).where(
                mutes.c.account_id == viewer_param,
                mutes.c.target_id == account,
                or_(mutes.c.expires_at.is_(None), mutes.c.expires_at > bindparam("now")),
            )
        ),
        ~exists(select(literal(1)).where(blocks.c.account_id == viewer_param, blocks.c.target_id == account)),
        ~exists(select(literal(1)).where(blocks.c.target_id == viewer_param, blocks.c.account_id == account)),
        ~exists(
            select(literal(1))
            .select_from(_hidden.join(domain_mutes, covers(_hidden)))
            .where(_hidden.c.id == account, domain_mutes.c.account_id == viewer_param)
        ),
    )
