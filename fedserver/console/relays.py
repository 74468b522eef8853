"""Relays: add one, turn it on and off, delete it."""

from __future__ import annotations

from aiohttp import web
from msgspec import Struct

from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from fedserver.domain.peers import relays
from fedserver.text.locales import gettext
from fedserver.web.endpoint import ADMIN, MODERATOR, Call, NoParams, Question, ReasonFormParams, Routes

routes = Routes("console")
PATH = "/admin/relays"


class RelayParams(Struct, frozen=True):
    csrf: str = ""
    address: str = ""


@routes.get(PATH, html=True, auth=MODERATOR)
async def show(call: Call[NoParams]) -> web.Response:
    return call.render("admin/relays.html", relays=await relays.list_all(call.tx))


@routes.post(PATH, html=True, auth=ADMIN, params=RelayParams, tx="own")
async def add(call: Call[RelayParams]) -> web.Response:
    """Add a relay by its inbox, as in Mastodon, or by its actor, as in LitePub."""
    address, target = call.params.address.strip(), ""
    if not call.services.policies.allows(relays.parse_host(address)):
        raise InvalidError(
            "address",
            "is of a node with which this one does not speak; allow it first",
            message=gettext("This server does not federate with the relay. Please allow the relay first."),
        )
    if relays.parse_host(address) and not relays.is_inbox_url(address):
        actor = await call.services.resolver.refetch_actor(address)
        if actor is None or not actor.domain:
            raise InvalidError("address", "leads to no relay", message=relays.describe_no_relay())
        address, target = actor.inbox_uri, actor.uri
    async with call.services.db.write() as tx:
        await relays.add(tx, call.site, call.member, address, target)
    return call.see_other(PATH)


def _question_update(call: Call[ReasonFormParams]) -> Question | None:
    return Question("Remove this relay?") if call.text("verb") == "remove" else None


@routes.post(
    PATH + "/{id}/{verb}",
    html=True,
    auth=ADMIN,
    params=ReasonFormParams,
    question=_question_update,
)
async def update(call: Call[ReasonFormParams]) -> web.Response:
    match call.text("verb"):
        case "on":
            await relays.enable(call.tx, call.site, call.member, call.id())
        case "off":
            await relays.disable(call.tx, call.member, call.id())
        case "remove":
            await relays.remove(call.tx, call.member, call.id())
        case _:
            raise NotFoundError
    return call.see_other(PATH)
