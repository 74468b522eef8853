"""Peers: allow, limit or block one, and say why."""

from __future__ import annotations

from aiohttp import web
from msgspec import Struct

from fedserver.domain.metrics import backlog
from fedserver.domain.peers import peer_lists, peers
from fedserver.web.endpoint import MODERATOR, Call, Routes
from fedserver.web.html import see_other

routes = Routes("console")
PATH = "/admin/peers"
MOST = 300


class DomainParams(Struct, frozen=True):
    domain: str = ""


class DecideParams(Struct, frozen=True):
    csrf: str = ""
    domain: str = ""
    policy: str = ""
    reason: str = ""
    public_comment: str = ""
    rejects_media: bool = False
    rejects_reports: bool = False
    obfuscates: bool = False


@routes.get(PATH, html=True, who=MODERATOR, params=DomainParams)
async def show(call: Call[DomainParams]) -> web.Response:
    found = await peers.everybody(call.tx)
    silent = await backlog.silent(call.tx)
    name = call.params.domain.strip().lower()
    return call.render(
        "admin/peers.html",
        decided=[row for row in found if row.decision_id is not None],
        others=[row for row in found if row.decision_id is None][:MOST],
        chosen=next((row for row in found if row.domain == name), None),
        silent=silent,
        owed={each.row.domain: each.waiting for each in silent},
        name=name,
        waiting=await peer_lists.count_waiting(call.tx),
        mode=call.site.config.federation.mode,
    )


@routes.post(PATH, html=True, who=MODERATOR, params=DecideParams)
async def decide(call: Call[DecideParams]) -> web.Response:
    params = call.params
    decision = peers.Decision(
        params.policy,
        params.reason,
        params.rejects_media,
        params.rejects_reports,
        params.public_comment,
        params.obfuscates,
    )
    await peers.decide(call.tx, call.member, params.domain, decision)
    return see_other(PATH)


@routes.post(PATH + "/reset", html=True, who=MODERATOR, params=DecideParams)
async def reset(call: Call[DecideParams]) -> web.Response:
    await peers.reset(call.tx, call.member, call.params.domain, call.params.reason)
    return see_other(PATH)
