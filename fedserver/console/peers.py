"""Peers: search them, see their history, allow, limit or block them, with a reason."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from aiohttp import web
from msgspec import Struct

from fedserver.domain.audit_log import audit_log_views
from fedserver.domain.kernel.errors import InvalidError
from fedserver.domain.metrics import backlog
from fedserver.domain.peers import own_node, peer_lists, peer_views, peers
from fedserver.web.endpoint import MODERATOR, Call, NoParams, Question, Routes
from storage.rows.peers import PeerRow

routes = Routes("console")
PATH = "/admin/peers"
PAGE_SIZE = 60


class PeerSearchParams(Struct, frozen=True):
    """A search; `domain` is that of the form for a decision, `after` the last one of the page before."""

    q: str = ""
    state: str = ""
    after: str = ""
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


async def _render_list(
    call: Call[Any], search: PeerSearchParams, error: InvalidError | None = None
) -> web.Response:
    rows = await peer_views.search(call.tx, search.q, search.state, search.after, PAGE_SIZE + 1)
    domain = call.site.links.find_account_domain(search.domain) or search.domain.strip()
    fields = {name: value for name in ("q", "state") if (value := getattr(search, name))}
    more = {**fields, "after": rows[PAGE_SIZE - 1].domain} if len(rows) > PAGE_SIZE else None
    return call.render(
        "admin/peers.html",
        status=422 if error is not None else 200,
        rows=rows[:PAGE_SIZE],
        search=search,
        states=peer_views.STATES,
        more=f"{PATH}?{urlencode(more)}" if more is not None else "",
        silent=await backlog.list_unreachable(call.tx),
        chosen=await _find(call, domain) if domain else None,
        name=domain,
        error=error,
        written=call.params if error is not None else None,
        waiting=await peer_lists.count_pending(call.tx),
        mode=call.site.config.federation.mode,
    )


async def _find(call: Call[Any], domain: str) -> PeerRow | None:
    return next(iter(await peers.load_by_domains(call.tx, [domain])), None)


@routes.get(PATH, html=True, auth=MODERATOR, params=PeerSearchParams)
async def show_all(call: Call[PeerSearchParams]) -> web.Response:
    return await _render_list(call, call.params)


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
    try:
        own_node.require_other_node(call.site, params.domain, params.policy)
        await peers.decide(call.tx, call.member, params.domain, decision)
    except InvalidError as error:
        return await _render_list(call, PeerSearchParams(domain=params.domain), error)
    return call.redirect_with_notice(PATH, PATH, "peer_decided")


@routes.post(
    PATH + "/reset",
    html=True,
    auth=MODERATOR,
    params=PeerDecisionParams,
    question=Question("Withdraw the decision about this peer?"),
)
async def reset(call: Call[PeerDecisionParams]) -> web.Response:
    await peers.reset(call.tx, call.member, call.params.domain, call.params.reason)
    return call.redirect_with_notice(PATH, PATH, "peer_reset")


@routes.post(
    PATH + "/drop",
    html=True,
    auth=MODERATOR,
    params=PeerDecisionParams,
    question=Question("Discard all deliveries that wait for this peer? They cannot be sent any more."),
)
async def discard_deliveries(call: Call[PeerDecisionParams]) -> web.Response:
    """Give up what waits for a peer that does not answer any more."""
    domain = call.params.domain
    await backlog.discard_deliveries(call.tx, call.member, domain)
    return call.redirect_with_notice(f"{PATH}/{quote(domain)}", PATH, "deliveries_discarded")


@routes.get(PATH + "/{domain}", html=True, auth=MODERATOR)
async def show(call: Call[NoParams]) -> web.Response:
    view = await peer_views.get(call.tx, call.text("domain"))
    return call.render(
        "admin/peer.html",
        view=view,
        acts=await audit_log_views.list_by_target(call.tx, view.row.domain),
    )
