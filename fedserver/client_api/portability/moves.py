"""Aliases, moving and deletion as in GoToSocial's API (docs.gotosocial.org, accounts): Mastodon has none."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from fedserver.client_api.accounts.profiles import load_credential_account
from fedserver.client_api.entities.accounts import Account
from fedserver.domain.accounts import accounts
from fedserver.domain.auth import login
from fedserver.domain.kernel.errors import ForbiddenError, InvalidError
from fedserver.domain.portability import account_deletion, moves
from fedserver.text.locales import gettext
from fedserver.web.endpoint import USER, Call, JsonResponse, Routes
from storage.rows.accounts import AccountRow

routes = Routes("client_api")


class AliasParams(Struct, frozen=True):
    also_known_as_uris: list[str] = []


class MoveAccountParams(Struct, frozen=True):
    password: str = ""
    moved_to_uri: str = ""


class DeleteAccountParams(Struct, frozen=True):
    password: str = ""


@routes.post("/api/v1/accounts/alias", auth=USER, scope="write:accounts", params=AliasParams, tx="own")
async def set_aliases(call: Call[AliasParams]) -> Account:
    """Replace the caller's aliases: addresses or handles of their other accounts."""
    names = list(dict.fromkeys(uri.strip() for uri in call.params.also_known_as_uris if uri.strip()))
    others = [await _resolve_account(call, name) for name in names[: moves.MAX_ALIASES + 1]]
    async with call.services.db.write() as tx:
        row = await accounts.get(tx, call.account.id)
        row = await moves.set_aliases(tx, call.site, row, others)
        return await load_credential_account(call, tx, row)


async def _resolve_account(call: Call[AliasParams], name: str) -> AccountRow:
    account = await call.services.resolver.resolve_account(name)
    if account is None or account.deleted_at is not None or account.suspended_at is not None:
        raise InvalidError("also_known_as_uris", f"has an account that cannot be found: {name[:200]}")
    return account


@routes.post(
    "/api/v1/accounts/move",
    auth=USER,
    scope="write:accounts",
    params=MoveAccountParams,
    tx="own",
    limit="log_ins",
)
async def move_account(call: Call[MoveAccountParams]) -> JsonResponse:
    """Move to an account elsewhere that has this one as an alias; needs the password."""
    await _check_password(call, call.params.password)
    target = await call.services.resolver.refetch_account(call.params.moved_to_uri)
    if target is None:
        raise InvalidError("moved_to_uri", "is not an account that can be found")
    async with call.services.db.write() as tx:
        await moves.move(tx, call.account, target)
    return JsonResponse({"message": "accepted"}, status=202)


@routes.post(
    "/api/v1/accounts/delete",
    auth=USER,
    scope="write:accounts",
    params=DeleteAccountParams,
    tx="own",
    limit="log_ins",
)
async def delete_account(call: Call[DeleteAccountParams]) -> JsonResponse:
    """Delete the caller's account permanently; needs the password."""
    await _check_password(call, call.params.password)
    async with call.services.db.write() as tx:
        await account_deletion.delete_account(tx, call.member, call.account)
    return JsonResponse({"message": "accepted"}, status=202)


async def _check_password(call: Call[Any], password: str) -> None:
    """Raise InvalidError, ForbiddenError or TooManyRequestsError unless the password is right."""
    if not password:
        raise InvalidError("password", "can't be blank", "ERR_BLANK")
    username, services = call.account.username, call.services
    async with services.db.write() as tx:
        await login.count_attempt(tx, username, "")  # many members may use an app at one address
    if not await services.passwords.verify(call.member.password_hash, password):
        raise ForbiddenError(gettext("This password is wrong. Please try again."))
    async with services.db.write() as tx:
        await login.take_back_attempt(tx, username, "")
