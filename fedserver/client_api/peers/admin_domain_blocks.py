"""Blocked and allowed peers (docs.joinmastodon.org/methods/admin/domain_blocks, …/domain_allows)."""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType

from fedserver.client_api.entities.admin.blocks import (
    AdminDomainAllow,
    AdminDomainBlock,
    DomainBlock,
    render_admin_domain_allow,
    render_admin_domain_block,
    render_domain_block,
)
from fedserver.domain.kernel.errors import InvalidError, NotFoundError, UnauthorizedError
from fedserver.domain.peers import own_node, peers
from fedserver.web.endpoint import MODERATOR, Call, EntityPage, JsonResponse, NoParams, Routes, to_page
from storage.rows.peers import PeerRow

routes = Routes("client_api")
BLOCKS, ALLOWS = "/api/v1/admin/domain_blocks", "/api/v1/admin/domain_allows"
# Mastodon's severities and our policies.
POLICIES = {"silence": "limit", "suspend": "block", "noop": ""}
# From the mildest to the strictest.
POLICIES_BY_SEVERITY = ("", "limit", "block")


class DomainPolicyParams(Struct, frozen=True, kw_only=True):
    domain: str = ""
    severity: str | UnsetType = UNSET
    reject_media: bool | UnsetType = UNSET
    reject_reports: bool | UnsetType = UNSET
    private_comment: str | UnsetType = UNSET
    public_comment: str | UnsetType = UNSET
    obfuscate: bool | UnsetType = UNSET


class DomainAllowParams(Struct, frozen=True):
    domain: str = ""


def _to_decision(params: DomainPolicyParams, former: PeerRow | None) -> peers.PeerDecision:
    """Return the decision about a peer; what the request omits stays as it was. Raises InvalidError."""

    def choose(value: object, name: str, default: object) -> object:
        return value if value is not UNSET else getattr(former, name) if former is not None else default

    policy = former.policy if former is not None else "limit"
    if not isinstance(params.severity, UnsetType):
        if params.severity not in POLICIES:
            raise InvalidError("severity", f"must be one of {', '.join(POLICIES)}")
        policy = POLICIES[params.severity]
    return peers.PeerDecision(
        policy,
        str(choose(params.private_comment, "reason", "")),
        bool(choose(params.reject_media, "rejects_media", False)),
        bool(choose(params.reject_reports, "rejects_reports", False)),
        str(choose(params.public_comment, "public_comment", "")),
        bool(choose(params.obfuscate, "obfuscates", False)),
    )


@routes.get(BLOCKS, auth=MODERATOR, scope="admin:read:domain_blocks")
async def list_blocks(call: Call[NoParams]) -> EntityPage:
    rows = await peers.list_decisions(call.tx, call.page(100, 200), allows=False)
    return to_page([render_admin_domain_block(row) for row in rows], [row.decision_id or 0 for row in rows])


@routes.get(BLOCKS + "/{id}", auth=MODERATOR, scope="admin:read:domain_blocks")
async def show_block(call: Call[NoParams]) -> AdminDomainBlock:
    return render_admin_domain_block(await peers.get_decision(call.tx, call.id(), allows=False))


@routes.post(BLOCKS, auth=MODERATOR, scope="admin:write:domain_blocks", params=DomainPolicyParams)
async def create_block(call: Call[DomainPolicyParams]) -> AdminDomainBlock | JsonResponse:
    """Limit or block a domain.

    Answers 422 with the existing block if the domain is limited as strictly already.
    """
    name = peers.normalize_domain(call.params.domain)
    decision = _to_decision(call.params, None)
    own_node.require_other_node(call.site, name, decision.policy)
    existing = await peers.find_blocking_decision(call.tx, name)
    if existing is not None and (
        existing.domain == name
        or POLICIES_BY_SEVERITY.index(existing.policy) >= POLICIES_BY_SEVERITY.index(decision.policy)
    ):
        # The text is Mastodon's.
        error = f"You have already imposed stricter limits on {existing.domain}."
        return JsonResponse(
            {"error": error, "existing_domain_block": render_admin_domain_block(existing)}, status=422
        )
    return render_admin_domain_block(await peers.decide(call.tx, call.member, name, decision))


@routes.put(BLOCKS + "/{id}", auth=MODERATOR, scope="admin:write:domain_blocks", params=DomainPolicyParams)
async def update_block(call: Call[DomainPolicyParams]) -> AdminDomainBlock:
    former = await peers.get_decision(call.tx, call.id(), allows=False)
    decision = _to_decision(call.params, former)
    own_node.require_other_node(call.site, former.domain, decision.policy)
    return render_admin_domain_block(await peers.decide(call.tx, call.member, former.domain, decision))


@routes.delete(BLOCKS + "/{id}", auth=MODERATOR, scope="admin:write:domain_blocks")
async def delete_block(call: Call[NoParams]) -> dict[str, str]:
    row = await peers.get_decision(call.tx, call.id(), allows=False)
    await peers.reset(call.tx, call.member, row.domain)
    return {}


@routes.get(ALLOWS, auth=MODERATOR, scope="admin:read:domain_allows")
async def list_allows(call: Call[NoParams]) -> EntityPage:
    rows = await peers.list_decisions(call.tx, call.page(100, 200), allows=True)
    return to_page([render_admin_domain_allow(row) for row in rows], [row.decision_id or 0 for row in rows])


@routes.get(ALLOWS + "/{id}", auth=MODERATOR, scope="admin:read:domain_allows")
async def show_allow(call: Call[NoParams]) -> AdminDomainAllow:
    return render_admin_domain_allow(await peers.get_decision(call.tx, call.id(), allows=True))


@routes.post(ALLOWS, auth=MODERATOR, scope="admin:write:domain_allows", params=DomainAllowParams)
async def create_allow(call: Call[DomainAllowParams]) -> AdminDomainAllow:
    decision = peers.PeerDecision("allow")
    return render_admin_domain_allow(await peers.decide(call.tx, call.member, call.params.domain, decision))


@routes.delete(ALLOWS + "/{id}", auth=MODERATOR, scope="admin:write:domain_allows")
async def delete_allow(call: Call[NoParams]) -> dict[str, str]:
    row = await peers.get_decision(call.tx, call.id(), allows=True)
    await peers.reset(call.tx, call.member, row.domain)
    return {}


@routes.get("/api/v1/instance/domain_blocks")
async def list_public_blocks(call: Call[NoParams]) -> list[DomainBlock]:
    """Return which domains this node limits or blocks, to those whom the configuration lets see it."""
    shown_to = call.site.config.federation.show_blocks
    if shown_to == "nobody":
        raise NotFoundError
    if shown_to == "members" and call.viewer_id is None:
        # The text is Mastodon's.
        raise UnauthorizedError("This method requires an authenticated user")
    return [render_domain_block(row) for row in await peers.list_public_decisions(call.tx)]
