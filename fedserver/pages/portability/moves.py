"""Moves: the aliases of an account, and the account that it moves to."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from aiohttp import web
from msgspec import Struct

from fedserver.domain.accounts import account_views, accounts, profiles
from fedserver.domain.kernel.errors import InvalidError
from fedserver.domain.portability import moves
from fedserver.text.locales import gettext
from fedserver.web.endpoint import USER, Call, Question, Routes
from storage.engine import ReadTx
from storage.rows.accounts import AccountRow

routes = Routes("pages")
NO_PROBLEMS: Mapping[str, str] = MappingProxyType({})


class MoveFormParams(Struct, frozen=True):
    csrf: str = ""
    aliases: str = ""
    target: str = ""


async def _render_page(
    call: Call[MoveFormParams], tx: ReadTx, problems: Mapping[str, str] = NO_PROBLEMS
) -> web.Response:
    view = (await account_views.load(tx, [call.account.id]))[call.account.id]
    return call.render(
        "moves.html",
        status=422 if problems else 200,
        view=view,
        aliases=call.params.aliases or "\n".join(profiles.decode_aliases(view.account)),
        target=call.params.target,
        problems=problems,
        done="done" in call.request.query,
    )


@routes.get("/settings/moves", html=True, auth=USER, requires_recent_auth=True, params=MoveFormParams)
async def show(call: Call[MoveFormParams]) -> web.Response:
    return await _render_page(call, call.tx)


async def _resolve_account(call: Call[MoveFormParams], handle: str) -> AccountRow:
    """Fetch an account by its handle or address. Raises InvalidError."""
    account = await call.services.resolver.refetch_account(handle)
    if account is None:
        raise InvalidError(
            "base",
            gettext("No account was found at “%(handle)s”. Please check the spelling.", handle=handle[:200]),
        )
    return account


@routes.post(
    "/settings/moves/aliases",
    html=True,
    auth=USER,
    requires_recent_auth=True,
    params=MoveFormParams,
    tx="own",
)
async def set_aliases(call: Call[MoveFormParams]) -> web.StreamResponse:
    """Replace the aliases: the form has one handle or address per line."""
    handles = list(dict.fromkeys(call.params.aliases.split()))
    try:
        # One more than possible is enough for the error.
        others = [await _resolve_account(call, handle) for handle in handles[: moves.MAX_ALIASES + 1]]
        async with call.services.db.write() as tx:
            row = await accounts.get(tx, call.account.id)
            await moves.set_aliases(tx, call.site, row, others)
    except InvalidError as error:
        async with call.services.db.read() as tx:
            return await _render_page(call, tx, {"aliases": error.message})
    return call.see_other("/settings/moves?done=1")


@routes.post(
    "/settings/moves",
    html=True,
    auth=USER,
    requires_recent_auth=True,
    params=MoveFormParams,
    tx="own",
    question=Question("Move all followers to the other account? Afterwards you can only read with this one."),
)
async def move(call: Call[MoveFormParams]) -> web.StreamResponse:
    try:
        target = await _resolve_account(call, call.params.target)
        async with call.services.db.write() as tx:
            await moves.move(tx, call.account, target)
    except InvalidError as error:
        async with call.services.db.read() as tx:
            return await _render_page(call, tx, {"target": error.message})
    return call.see_other("/settings/moves?done=1")


@routes.post(
    "/settings/moves/back",
    html=True,
    auth=USER,
    requires_recent_auth=True,
    params=MoveFormParams,
    question=Question("Use this account again? Followers who moved do not come back."),
)
async def cancel_move(call: Call[MoveFormParams]) -> web.StreamResponse:
    await moves.cancel(call.tx, call.account)
    return call.see_other("/settings/moves?done=1")
