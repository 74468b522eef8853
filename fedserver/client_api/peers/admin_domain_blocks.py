"""Blocked and allowed peers (docs.joinmastodon.org/methods/admin/domain_blocks, …/domain_allows)."""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType

from fedserver.client_api.entities.admin.blocks import (
    AdminDomainAllow,
    AdminDomainBlock,
    DomainBlock,
    admin_domain_allow,
    admin_domain_block,
    domain_block,
)
from fedserver.domain.kernel.errors import Invalid, NotFound, Unauthorized
from fedserver.domain.peers import peers
from fedserver.web.endpoint import MODERATOR, Answer, Call, Nothing, Routes
from fedserver.web.paging import Listed, listed
from storage.rows.peers import PeerRow

routes = Routes("client_api")
BLOCKS, ALLOWS = "/api/v1/admin/domain_blocks", "/api/v1/admin/domain_allows"
POLICIES = {"silence": "limit", "suspend": "block", "noop": ""}
SHARPNESS = ("", "limit", "block")


class BlockParams(Struct, frozen=True, kw_only=True):
    domain: str = ""
    severity: str | UnsetType = UNSET
    reject_media: bool | UnsetType = UNSET
    reject_reports: bool | UnsetType = UNSET
    private_comment: str | UnsetType = UNSET
    public_comment: str | UnsetType = UNSET
    obfuscate: bool | UnsetType = UNSET


class AllowParams(Struct, frozen=True):
    domain: str = ""


def _decision(params: BlockParams, former: PeerRow | None) -> peers.Decision:
    """What is asked for; what is not said stays as it was, or is as usual. Raises Invalid."""

    def given(value: object, name: str, usual: object) -> object:
        return value if value is not UNSET else getattr(former, name) if former is not None else usual

    policy = former.policy if former is not None else "limit"
    if not isinstance(params.severity, UnsetType):
        if params.severity not in POLICIES:
            raise Invalid("severity", f"must be one of {', '.join(POLICIES)}")
        policy = POLICIES[params.severity]
    return peers.Decision(
        policy,
        str(given(params.private_comment, "reason", "")),
        bool(given(params.reject_media, "rejects_media", False)),
        bool(given(params.reject_reports, "rejects_reports", False)),
        str(given(params.public_comment, "public_comment", "")),
        bool(given(params.obfuscate, "obfuscates", False)),
    )


@routes.get(BLOCKS, who=MODERATOR, scope="admin:read:domain_blocks")
async def show_blocks(call: Call[Nothing]) -> Listed:
    rows = await peers.decisions(call.tx, call.page(100, 200), allows=False)
    return listed([admin_domain_block(row) for row in rows], [row.decision_id or 0 for row in rows])


@routes.get(BLOCKS + "/{id}", who=MODERATOR, scope="admin:read:domain_blocks")
async def show_block(call: Call[Nothing]) -> AdminDomainBlock:
    return admin_domain_block(await peers.decision(call.tx, call.id(), allows=False))


@routes.post(BLOCKS, who=MODERATOR, scope="admin:write:domain_blocks", params=BlockParams)
async def block(call: Call[BlockParams]) -> AdminDomainBlock | Answer:
    """422 with the block that is there, if the domain is covered as sharply already."""
    name = peers.plain_domain(call.params.domain)
    decision = _decision(call.params, None)
    existing = await peers.blocking(call.tx, name)
    if existing is not None and (
        existing.domain == name or SHARPNESS.index(existing.policy) >= SHARPNESS.index(decision.policy)
    ):
        error = f"You have already imposed stricter limits on {existing.domain}."
        return Answer({"error": error, "existing_domain_block": admin_domain_block(existing)}, status=422)
    return admin_domain_block(await peers.decide(call.tx, call.member, name, decision))


@routes.put(BLOCKS + "/{id}", who=MODERATOR, scope="admin:write:domain_blocks", params=BlockParams)
async def update_block(call: Call[BlockParams]) -> AdminDomainBlock:
    former = await peers.decision(call.tx, call.id(), allows=False)
    decision = _decision(call.params, former)
    return admin_domain_block(await peers.decide(call.tx, call.member, former.domain, decision))


@routes.delete(BLOCKS + "/{id}", who=MODERATOR, scope="admin:write:domain_blocks")
async def unblock(call: Call[Nothing]) -> dict[str, str]:
    row = await peers.decision(call.tx, call.id(), allows=False)
    await peers.reset(call.tx, call.member, row.domain)
    return {}


@routes.get(ALLOWS, who=MODERATOR, scope="admin:read:domain_allows")
async def show_allows(call: Call[Nothing]) -> Listed:
    rows = await peers.decisions(call.tx, call.page(100, 200), allows=True)
    return listed([admin_domain_allow(row) for row in rows], [row.decision_id or 0 for row in rows])


@routes.get(ALLOWS + "/{id}", who=MODERATOR, scope="admin:read:domain_allows")
async def show_allow(call: Call[Nothing]) -> AdminDomainAllow:
    return admin_domain_allow(await peers.decision(call.tx, call.id(), allows=True))


@routes.post(ALLOWS, who=MODERATOR, scope="admin:write:domain_allows", params=AllowParams)
async def allow(call: Call[AllowParams]) -> AdminDomainAllow:
    decision = peers.Decision("allow")
    return admin_domain_allow(await peers.decide(call.tx, call.member, call.params.domain, decision))


@routes.delete(ALLOWS + "/{id}", who=MODERATOR, scope="admin:write:domain_allows")
async def disallow(call: Call[Nothing]) -> dict[str, str]:
    row = await peers.decision(call.tx, call.id(), allows=True)
    await peers.reset(call.tx, call.member, row.domain)
    return {}


@routes.get("/api/v1/instance/domain_blocks")
async def show_public(call: Call[Nothing]) -> list[DomainBlock]:
    """Whom this node limits or blocks, and why, for those whom the admins let know."""
    shown_to = call.site.config.federation.show_blocks
    if shown_to == "nobody":
        raise NotFound
    if shown_to == "members" and call.viewer_id is None:
        raise Unauthorized("This method requires an authenticated user")
    return [domain_block(row) for row in await peers.public_decisions(call.tx)]
