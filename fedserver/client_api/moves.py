"""Aliases and leaving: what Mastodon's API lacks, as GoToSocial offers it (docs.gotosocial.org, accounts)."""

from __future__ import annotations

from msgspec import Struct

from fedserver import domain
from fedserver.client_api.entities import Account
from fedserver.client_api.profiles import credentials
from fedserver.http import USER, Answer, Call, Routes
from storage import AccountRow

routes = Routes("client_api")


class AliasParams(Struct, frozen=True):
    also_known_as_uris: list[str] = []


class LeaveParams(Struct, frozen=True):
    password: str = ""


@routes.post("/api/v1/accounts/alias", who=USER, scope="write:accounts", params=AliasParams, tx="own")
async def alias(call: Call[AliasParams]) -> Account:
    """Addresses or handles of one's other accounts; they take the place of those named before."""
    given = list(dict.fromkeys(each.strip() for each in call.params.also_known_as_uris if each.strip()))
    others = [await _other(call, each) for each in given[: domain.moves.MOST_ALIASES + 1]]
    async with call.services.db.write() as tx:
        row = await domain.accounts.by_id(tx, call.account.id)
        row = await domain.moves.set_aliases(tx, call.site, row, others)
        return await credentials(call, tx, row)


async def _other(call: Call[AliasParams], given: str) -> AccountRow:
    found = await call.services.resolver.account(given)
    if found is None or found.deleted_at is not None or found.suspended_at is not None:
        raise domain.Invalid("also_known_as_uris", f"names no account that can be found: {given[:200]}")
    return found


@routes.post(
    "/api/v1/accounts/delete",
    who=USER,
    scope="write:accounts",
    params=LeaveParams,
    tx="own",
    limit="log_ins",
)
async def leave(call: Call[LeaveParams]) -> Answer:
    """Delete one's account for good; the password is asked for once more."""
    member, services = call.member, call.services
    if not call.params.password:
        raise domain.Invalid("password", "can't be blank", "ERR_BLANK")
    name, place = call.account.username, f"member {member.id}"
    async with services.db.read() as tx:
        await domain.log_ins.check_attempts(tx, name, place)
    right = await services.passwords.verify(member.password_hash, call.params.password)
    async with services.db.write() as tx:
        if right:
            await domain.moves.leave(tx, member, call.account)
        else:
            await domain.log_ins.failed(tx, name, place)
    if not right:
        raise domain.Forbidden("The password is wrong")
    return Answer({"message": "accepted"}, status=202)
