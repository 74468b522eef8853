"""Moving: the other accounts of a member, and the one to which this account moves."""

from __future__ import annotations

from aiohttp import web
from msgspec import Struct

from fedserver.domain.accounts import account_views, accounts, profiles
from fedserver.domain.kernel.errors import Invalid
from fedserver.domain.portability import moves
from fedserver.web.endpoint import USER, Call, Routes
from fedserver.web.html import see_other
from storage.engine import Tx
from storage.rows.accounts import AccountRow

routes = Routes("pages")


class MoveParams(Struct, frozen=True):
    csrf: str = ""
    aliases: str = ""
    target: str = ""


async def _page(call: Call[MoveParams], tx: Tx, problem: str) -> web.Response:
    view = (await account_views.load(tx, [call.account.id]))[call.account.id]
    return call.render(
        "moves.html",
        status=422 if problem else 200,
        view=view,
        aliases=call.params.aliases or "\n".join(profiles.aliases_of(view.account)),
        problem=problem,
        done="done" in call.request.query,
    )


@routes.get("/settings/moves", html=True, who=USER, proved=True, params=MoveParams)
async def show(call: Call[MoveParams]) -> web.Response:
    return await _page(call, call.tx, "")


async def _found(call: Call[MoveParams], given: str) -> AccountRow:
    found = await call.services.resolver.afresh(given)
    if found is None:
        raise Invalid("base", f"No account can be found under this name or address: {given[:200]}")
    return found


@routes.post("/settings/moves/aliases", html=True, who=USER, proved=True, params=MoveParams, tx="own")
async def set_aliases(call: Call[MoveParams]) -> web.StreamResponse:
    """One name or address on each line."""
    given = list(dict.fromkeys(call.params.aliases.split()))
    try:
        others = [await _found(call, each) for each in given[: moves.MOST_ALIASES + 1]]
        async with call.services.db.write() as tx:
            row = await accounts.by_id(tx, call.account.id)
            await moves.set_aliases(tx, call.site, row, others)
    except Invalid as error:
        async with call.services.db.read() as tx:
            return await _page(call, tx, error.text)
    return see_other("/settings/moves?done=1")


@routes.post("/settings/moves", html=True, who=USER, proved=True, params=MoveParams, tx="own")
async def move(call: Call[MoveParams]) -> web.StreamResponse:
    try:
        target = await _found(call, call.params.target)
        async with call.services.db.write() as tx:
            await moves.move(tx, call.account, target)
    except Invalid as error:
        async with call.services.db.read() as tx:
            return await _page(call, tx, error.text)
    return see_other("/settings/moves?done=1")


@routes.post("/settings/moves/back", html=True, who=USER, proved=True, params=MoveParams)
async def take_back(call: Call[MoveParams]) -> web.StreamResponse:
    await moves.take_back(call.tx, call.account)
    return see_other("/settings/moves?done=1")
