"""Peers: allow, limit or block them, with a reason."""

from __future__ import annotations

from aiohttp import web
from msgspec import Struct

from fedserver.domain.metrics import backlog
from fedserver.domain.peers import own_node, peer_lists, peers
from fedserver.web.endpoint import MODERATOR, Call, Question, Routes

routes = Routes("console")
PATH = "/admin/peers"
MAX_LISTED = 300


class PeerDomainParams(Struct, frozen=True):
    domain: str = ""


class PeerDecisionParams(Struct, frozen=True):
    csrf: str = ""
    domain: str = ""
    policy: str = ""
    reason: str = ""
    public_comment: str = ""
    rejects_media: bool = False
    rejects_reports: bool = False
    obfuscates: bool = False


@routes.get(PATH, html=True, auth=MODERATOR, params=PeerDomainParams)
async def show(call: Call[PeerDomainParams]) -> web.Response:
    rows = await peers.list_all(call.tx)
    unreachable = await backlog.list_unreachable(call.tx)
    domain = call.site.links.find_account_domain(call.params.domain) or call.params.domain.strip()
    return call.render(
        "admin/peers.html",
        decided=[row for row in rows if row.decision_id is not None],
        others=[row for row in rows if row.decision_id is None][:MAX_LISTED],
        chosen=next((row for row in rows if row.domain == domain), None),
        silent=unreachable,
        pending_deliveries={peer.row.domain: peer.waiting for peer in unreachable},
        name=domain,
        waiting=await peer_lists.count_pending(call.tx),
        mode=call.site.config.federation.mode,
    )


def _question_decision(call: Call[PeerDecisionParams]) -> Question | None:
    if call.params.policy != "block":
        return None
    return Question(
        "Block %(domain)s? All follow relationships with it end, and they do not come back by themselves.",
        domain=call.params.domain.strip(),
    )


@routes.post(
    PATH,
    html=True,
    auth=MODERATOR,
    params=PeerDecisionParams,
    question=_question_decision,
)
async def decide(call: Call[PeerDecisionParams]) -> web.Response:
    params = call.params
    decision = peers.PeerDecision(
        params.policy,
        params.reason,
        params.rejects_media,
        params.rejects_reports,
        params.public_comment,
        params.obfuscates,
    )
    own_node.require_other_node(call.site, params.domain, params.policy)
    await peers.decide(call.tx, call.member, params.domain, decision)
    return call.see_other(PATH)


@routes.post(
    PATH + "/reset",
    html=True,
    auth=MODERATOR,
    params=PeerDecisionParams,
    question=Question("Withdraw the decision about this peer?"),
)
async def reset(call: Call[PeerDecisionParams]) -> web.Response:
    await peers.reset(call.tx, call.member, call.params.domain, call.params.reason)
    return call.see_other(PATH)
