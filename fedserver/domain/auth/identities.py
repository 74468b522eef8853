"""Members who log in with the organization's identity provider: who they are there, and their roles.

An account is opened by issuer and subject. By an address only where the configuration says so, and only
by one that the provider verified and the member confirmed. Roles are read from the claims at each log-in.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from fedserver.domain.auth import challenges, login, members
from fedserver.domain.kernel.context import Site
from fedserver.domain.kernel.errors import Forbidden, Invalid
from fedserver.domain.kernel.secrets import new_secret
from storage.engine import Tx
from storage.queries.auth import identities as identity_queries
from storage.queries.auth import members as member_queries
from storage.queries.auth import passkeys as passkey_queries
from storage.rows.auth import IdentityRow, MemberRow

MOST = 255  # characters of a subject (OpenID Connect Core 1.0 §2)
_encode = msgspec.json.Encoder().encode


class Trip(Struct, frozen=True):
    """On the way to the provider and back: what is compared on the return, and what it is for."""

    nonce: str
    verifier: str
    next: str
    again: bool = False
    connects: int | None = None  # the member who wants to connect the account, by id


class Person(Struct, frozen=True):
    """Who the provider says somebody is. `proved_at` is when it last asked them (ms UTC), 0 if unknown."""

    issuer: str
    subject: str
    email: str = ""
    verified: bool = False
    username: str = ""
    name: str = ""
    roles: tuple[str, ...] = ()
    proved_at: int = 0


_trip = msgspec.json.Decoder(Trip).decode


async def set_out(
    tx: Tx, holder: str, next_page: str, *, again: bool = False, connects: int | None = None
) -> tuple[str, Trip]:
    """Somebody goes to the provider: the state that belongs to this browser alone, and the trip."""
    trip = Trip(new_secret(), new_secret(), next_page, again, connects)
    return await challenges.new(tx, challenges.PROVIDER, holder, data=_encode(trip).decode()), trip


async def come_back(tx: Tx, holder: str, state: str) -> Trip:
    """The trip that `state` belongs to, once. Raises NotFound."""
    return _trip((await challenges.take(tx, challenges.PROVIDER, state, holder)).data)


def person(site: Site, claims: dict[str, Any]) -> Person:
    """A person from verified claims. Raises Forbidden if they may not come in, or say nothing usable."""
    config = site.config.oidc
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= MOST:
        raise Forbidden("Your organization's log-in did not say who you are")
    roles = _values(claims, config.roles_claim)
    if config.members and not {*config.members, *config.moderators, *config.admins, *config.owners} & roles:
        raise Forbidden("Your organization has not given you access to this community")
    moment = claims.get("auth_time")
    return Person(
        issuer=str(claims.get("iss")),
        subject=subject,
        email=_text(claims, "email"),
        verified=claims.get("email_verified") is True,
        username=_text(claims, "preferred_username"),
        name=_text(claims, "name"),
        roles=tuple(sorted(roles)),
        proved_at=int(moment * 1000) if isinstance(moment, int) and 0 < moment < 10**10 else 0,
    )


def _text(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    return value[:500] if isinstance(value, str) else ""


def _values(claims: dict[str, Any], path: str) -> set[str]:
    """The words of a claim; its name may hold dots itself, or lead into objects by them."""
    value: Any = claims.get(path) if path else None
    if value is None and path:
        value = claims
        for part in path.split("."):
            value = value.get(part) if isinstance(value, dict) else None
    listed = value if isinstance(value, list) else [value]
    return {each for each in listed[:1_000] if isinstance(each, str)}


async def find(tx: Tx, site: Site, who: Person) -> MemberRow | None:
    """The member who somebody is; None for a newcomer."""
    row = await identity_queries.find(tx, who.issuer, who.subject)
    if row is not None:
        await identity_queries.used(tx, who.issuer, who.subject, who.email)
        return await members.by_id(tx, row.member_id)
    if not (site.config.oidc.link_by_email and who.verified and who.email):
        return None
    member = await member_queries.by_email(tx, who.email)
    if member is None or member.email_confirmed_at is None:
        return None
    await connect(tx, member, who)
    return member


async def log_in(
    tx: Tx, site: Site, member: MemberRow, who: Person, user_agent: str, *, former: int | None
) -> str:
    """Somebody whom the provider knows logs in: the word for the cookie. Raises Forbidden."""
    wanted = role(site, who, member.role)
    if wanted != member.role:
        await members.set_role(tx, member, wanted)
    return await login.log_in(
        tx, member, "", "", user_agent, former=former, proved_at=min(who.proved_at, tx.now)
    )


def role(site: Site, who: Person, former: str) -> str:
    """The role that the claims give; roles that no claim can give are left as they are."""
    config, held = site.config.oidc, set(who.roles)
    mapped = {"owner": config.owners, "admin": config.admins, "moderator": config.moderators}
    given = next((word for word, values in mapped.items() if held & set(values)), "member")
    kept = former in mapped and not mapped[former]
    return former if kept and members.ROLES.index(former) < members.ROLES.index(given) else given


async def connect(tx: Tx, member: MemberRow, who: Person) -> None:
    """From now on this member may log in as `who`. Raises Invalid if that is somebody else already."""
    row = IdentityRow(who.issuer, who.subject, member.id, who.email, tx.now, tx.now)
    if await identity_queries.add(tx, row):
        return
    known = await identity_queries.find(tx, who.issuer, who.subject)
    if known is None or known.member_id != member.id:
        raise Invalid("account", "there belongs to another member here")


async def of_member(tx: Tx, member: MemberRow) -> list[IdentityRow]:
    return await identity_queries.of_member(tx, member.id)


async def disconnect(tx: Tx, member: MemberRow) -> None:
    """Log in by password or passkey only. Raises Invalid for somebody who has neither."""
    if not member.password_hash and not await passkey_queries.of_member(tx, member.id):
        raise Invalid("account", "is your only way to log in. Please add a passkey first.")
    await identity_queries.remove_of_member(tx, member.id)
