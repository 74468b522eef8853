"""Members who log in with the organization's identity provider: their identities and roles.

An account is found by issuer and subject; by e-mail address only if the configuration allows it, the provider
has verified the address and the member has confirmed it. Roles are mapped from the claims at each login.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from addresses.emails import normalize_email
from fedserver.domain.auth import challenges, login, members
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import ForbiddenError, InvalidError
from fedserver.domain.kernel.secrets import new_secret
from fedserver.text.locales import gettext
from storage.engine import ReadTx, Tx
from storage.queries.auth import identities as identity_queries
from storage.queries.auth import members as member_queries
from storage.queries.auth import passkeys as passkey_queries
from storage.rows.auth import IdentityRow, MemberRow

MAX_SUBJECT = 255  # characters of a subject (OpenID Connect Core 1.0 §2)
_encode = msgspec.json.Encoder().encode


class OidcFlow(Struct, frozen=True):
    """The state of a login at the provider: what is compared on the return, and its purpose."""

    nonce: str
    verifier: str
    next: str
    is_reauthentication: bool = False
    connects: int | None = None  # the member who wants to connect the account, by id


class OidcIdentity(Struct, frozen=True):
    """An identity at the provider.

    `proved_at` is when it last authenticated the person (ms UTC), 0 if unknown.
    """

    issuer: str
    subject: str
    email: str = ""
    verified: bool = False
    username: str = ""
    name: str = ""
    roles: tuple[str, ...] = ()
    proved_at: int = 0


_decode_flow = msgspec.json.Decoder(OidcFlow).decode


async def start_flow(
    tx: Tx,
    holder: str,
    next_page: str,
    *,
    reauthenticate: bool = False,
    connecting_member_id: int | None = None,
) -> tuple[str, OidcFlow]:
    """Start a login at the provider; return the state, valid in this browser only, and the flow."""
    flow = OidcFlow(new_secret(), new_secret(), next_page, reauthenticate, connecting_member_id)
    return await challenges.create(tx, challenges.PROVIDER, holder, data=_encode(flow).decode()), flow


async def finish_flow(tx: Tx, holder: str, state: str) -> OidcFlow:
    """Return the flow that `state` belongs to and consume it. Raises NotFoundError."""
    return _decode_flow((await challenges.consume(tx, challenges.PROVIDER, state, holder)).data)


def parse_claims(site: NodeContext, claims: dict[str, Any]) -> OidcIdentity:
    """Return the identity in verified claims.

    Raises ForbiddenError if the person may not join, or the claims have no subject.
    """
    config = site.config.oidc
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= MAX_SUBJECT:
        raise ForbiddenError(
            gettext("Your organization's login did not tell us who you are. Please ask its administrators.")
        )
    roles = _read_values(claims, config.roles_claim)
    if config.members and not {*config.members, *config.moderators, *config.admins, *config.owners} & roles:
        raise ForbiddenError(
            gettext(
                "Your organization has not given you access to this community. Please ask its administrators."
            )
        )
    moment = claims.get("auth_time")
    return OidcIdentity(
        issuer=str(claims.get("iss")),
        subject=subject,
        email=_read_email(claims),
        verified=claims.get("email_verified") is True,
        username=_read_text(claims, "preferred_username"),
        name=_read_text(claims, "name"),
        roles=tuple(sorted(roles)),
        proved_at=int(moment * 1000) if isinstance(moment, int) and 0 < moment < 10**10 else 0,
    )


def _read_text(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    return value[:500] if isinstance(value, str) else ""


def _read_email(claims: dict[str, Any]) -> str:
    """Return the address in normal form; one that mail cannot be sent to stays as it is, to be refused."""
    email = _read_text(claims, "email")
    return normalize_email(email) or email


def _read_values(claims: dict[str, Any], path: str) -> set[str]:
    """Return the strings of a claim; its name may contain dots, or be a path into objects."""
    value: Any = claims.get(path) if path else None
    if value is None and path:
        value = claims
        for part in path.split("."):
            value = value.get(part) if isinstance(value, dict) else None
    listed = value if isinstance(value, list) else [value]
    return {item for item in listed[:1_000] if isinstance(item, str)}


async def find_member(tx: Tx, site: NodeContext, identity: OidcIdentity) -> MemberRow | None:
    """Return the member with this identity, None if there is none yet."""
    row = await identity_queries.find(tx, identity.issuer, identity.subject)
    if row is not None:
        await identity_queries.mark_used(tx, identity.issuer, identity.subject, identity.email)
        return await members.get(tx, row.member_id)
    if not (site.config.oidc.link_by_email and identity.verified and identity.email):
        return None
    member = await member_queries.find_by_email(tx, identity.email)
    if member is None or member.email_confirmed_at is None:
        return None
    await connect(tx, member, identity)
    return member


class LoginClient(Struct, frozen=True):
    """The browser that logs in, with the session that the new one replaces."""

    address: str
    user_agent: str
    previous_session_id: int | None


async def log_in(
    tx: Tx,
    site: NodeContext,
    member: MemberRow,
    identity: OidcIdentity,
    client: LoginClient,
) -> str:
    """Log in a member by their identity; return the token for the cookie. Raises ForbiddenError."""
    role = map_role(site, identity, member.role)
    if role != member.role:
        await members.set_role(tx, member, role)
    return await login.log_in(
        tx,
        member,
        "",
        client.address,
        client.user_agent,
        previous_session_id=client.previous_session_id,
        authenticated_at=min(identity.proved_at, tx.now),
    )


def map_role(site: NodeContext, identity: OidcIdentity, current_role: str) -> str:
    """Return the role that the claims map to; roles that no claim maps to are never taken away."""
    config, held = site.config.oidc, set(identity.roles)
    mapped = {"owner": config.owners, "admin": config.admins, "moderator": config.moderators}
    mapped_role = next((role for role, values in mapped.items() if held & set(values)), "member")
    is_unmapped = current_role in mapped and not mapped[current_role]
    if is_unmapped and members.ROLES.index(current_role) < members.ROLES.index(mapped_role):
        return current_role
    return mapped_role


async def connect(tx: Tx, member: MemberRow, identity: OidcIdentity) -> None:
    """Allow this member to log in with this identity. Raises InvalidError if it belongs to another member."""
    row = IdentityRow(identity.issuer, identity.subject, member.id, identity.email, tx.now, tx.now)
    if await identity_queries.insert(tx, row):
        return
    existing = await identity_queries.find(tx, identity.issuer, identity.subject)
    if existing is None or existing.member_id != member.id:
        message = gettext("That login already belongs to another member here.")
        raise InvalidError("account", "there belongs to another member here", message=message)


async def list_by_member(tx: ReadTx, member: MemberRow) -> list[IdentityRow]:
    """Return the identities of a member."""
    return await identity_queries.list_by_member(tx, member.id)


async def disconnect(tx: Tx, member: MemberRow) -> None:
    """Remove all identities of a member. Raises InvalidError if they could not log in any more."""
    if not member.password_hash and not await passkey_queries.list_by_member(tx, member.id):
        message = gettext("This is your only way to log in. Please add a passkey first.")
        raise InvalidError("account", "is your only way to log in", message=message)
    await identity_queries.delete_by_member(tx, member.id)
