"""Partners: offer a partnership to another node, answer an offer, end a partnership."""

from __future__ import annotations

from aiohttp import web
from msgspec import Struct

from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from fedserver.domain.peers import partners
from fedserver.federation.inbound import offer as offers
from fedserver.text.locales import gettext
from fedserver.web.endpoint import ADMIN, MODERATOR, Call, Question, ReasonFormParams, Routes

routes = Routes("console")
PATH = "/admin/partners"


class PartnerDomainParams(Struct, frozen=True):
    domain: str = ""


class PartnerOfferParams(Struct, frozen=True):
    csrf: str = ""
    domain: str = ""
    scopes: list[str] = []
    message: str = ""


class FetchOfferParams(Struct, frozen=True):
    csrf: str = ""
    address: str = ""


@routes.get(PATH, html=True, auth=MODERATOR, params=PartnerDomainParams)
async def show(call: Call[PartnerDomainParams]) -> web.Response:
    rows = await partners.list_all(call.tx)
    return call.render(
        "admin/partners.html",
        asking=[row for row in rows if row.state == partners.OFFERED and not row.ours],
        offered=[row for row in rows if row.state == partners.OFFERED and row.ours],
        agreed=[row for row in rows if row.state == partners.AGREED],
        past=[row for row in rows if row.state in (partners.DECLINED, partners.ENDED)],
        scopes_of=partners.read_scopes,
        scopes=partners.SCOPES,
        name=call.params.domain,
    )


@routes.post(PATH, html=True, auth=ADMIN, params=PartnerOfferParams, tx="own")
async def offer(call: Call[PartnerOfferParams]) -> web.Response:
    params = call.params
    partners.check_scopes(params.scopes)
    node = await call.services.resolver.fetch_node_actor(params.domain, require_allowed=False)
    if node is None:
        raise InvalidError(
            "domain",
            "does not answer as a node with an actor of its own, or is blocked",
            message=gettext(
                "This server did not answer, cannot have partners, or is blocked. Please check the domain."
            ),
        )
    async with call.services.db.write() as tx:
        await partners.offer(tx, call.site, call.member, node, params.scopes, params.message)
    return call.see_other(PATH)


@routes.post(PATH + "/open", html=True, auth=ADMIN, params=FetchOfferParams, tx="own")
async def fetch_offer(call: Call[FetchOfferParams]) -> web.Response:
    """Fetch an offer from its address: in allow-list mode, a node that is not allowed yet cannot send one."""
    result = await offers.fetch_offer(call.services.resolver, call.site, call.params.address.strip())
    if result is None:
        raise InvalidError(
            "address",
            "leads to no offer for this node",
            message=gettext("There is no offer for this server at this address."),
        )
    node, uri, offered = result
    async with call.services.db.write() as tx:
        await partners.receive_offer(tx, call.site, node, uri, offered.scopes, offered.message)
    return call.see_other(PATH)


def _question_update(call: Call[ReasonFormParams]) -> Question | None:
    if call.text("verb") == "decline":
        return Question("Decline this offer?")
    return Question("End this agreement or offer?") if call.text("verb") == "end" else None


@routes.post(
    PATH + "/{id}/{verb}",
    html=True,
    auth=ADMIN,
    params=ReasonFormParams,
    question=_question_update,
)
async def update(call: Call[ReasonFormParams]) -> web.Response:
    match call.text("verb"):
        case "accept":
            await partners.answer(call.tx, call.site, call.member, call.id(), accepted=True)
        case "decline":
            await partners.answer(call.tx, call.site, call.member, call.id(), accepted=False)
        case "end":
            await partners.end(call.tx, call.member, call.id(), call.params.reason)
        case _:
            raise NotFoundError
    return call.see_other(PATH)
