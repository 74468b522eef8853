"""Blocked e-mail domains and addresses, with which nobody may sign up.

docs.joinmastodon.org/methods/admin/email_domain_blocks, …/canonical_email_blocks
"""

from __future__ import annotations

from msgspec import Struct

from fedserver.client_api.entities.admin.blocks import (
    AdminCanonicalEmailBlock,
    AdminEmailDomainBlock,
    render_admin_canonical_email_block,
    render_admin_email_domain_block,
)
from fedserver.domain.registration import email_blocks
from fedserver.web.endpoint import MODERATOR, Call, EntityPage, NoParams, Routes, to_page

routes = Routes("client_api")
DOMAINS, CANONICAL = "/api/v1/admin/email_domain_blocks", "/api/v1/admin/canonical_email_blocks"
READ, WRITE = "admin:read:email_domain_blocks", "admin:write:email_domain_blocks"
READ_CANONICAL, WRITE_CANONICAL = "admin:read:canonical_email_blocks", "admin:write:canonical_email_blocks"


class EmailDomainParams(Struct, frozen=True):
    domain: str = ""


class CanonicalEmailParams(Struct, frozen=True):
    email: str = ""
    canonical_email_hash: str = ""


@routes.get(DOMAINS, auth=MODERATOR, scope=READ)
async def list_domains(call: Call[NoParams]) -> EntityPage:
    views = await email_blocks.list_domains(call.tx, call.page(100, 200))
    return to_page([render_admin_email_domain_block(view) for view in views], [view.row.id for view in views])


@routes.get(DOMAINS + "/{id}", auth=MODERATOR, scope=READ)
async def show_domain(call: Call[NoParams]) -> AdminEmailDomainBlock:
    return render_admin_email_domain_block(await email_blocks.get_domain(call.tx, call.id()))


@routes.post(DOMAINS, auth=MODERATOR, scope=WRITE, params=EmailDomainParams)
async def block_domain(call: Call[EmailDomainParams]) -> AdminEmailDomainBlock:
    return render_admin_email_domain_block(
        await email_blocks.block_domain(call.tx, call.member, call.params.domain)
    )


@routes.delete(DOMAINS + "/{id}", auth=MODERATOR, scope=WRITE)
async def unblock_domain(call: Call[NoParams]) -> dict[str, str]:
    await email_blocks.unblock_domain(call.tx, call.member, call.id())
    return {}


@routes.get(CANONICAL, auth=MODERATOR, scope=READ_CANONICAL)
async def list_canonical(call: Call[NoParams]) -> EntityPage:
    rows = await email_blocks.list_addresses(call.tx, call.page(100, 200))
    return to_page([render_admin_canonical_email_block(row) for row in rows], [row.id for row in rows])


@routes.post(
    CANONICAL + "/test", auth=MODERATOR, scope=READ_CANONICAL, params=CanonicalEmailParams, tx="read"
)
async def test_canonical(call: Call[CanonicalEmailParams]) -> list[AdminCanonicalEmailBlock]:
    rows = await email_blocks.list_matching(call.tx, call.params.email)
    return [render_admin_canonical_email_block(row) for row in rows]


@routes.get(CANONICAL + "/{id}", auth=MODERATOR, scope=READ_CANONICAL)
async def show_canonical(call: Call[NoParams]) -> AdminCanonicalEmailBlock:
    return render_admin_canonical_email_block(await email_blocks.get_address(call.tx, call.id()))


@routes.post(CANONICAL, auth=MODERATOR, scope=WRITE_CANONICAL, params=CanonicalEmailParams)
async def block_canonical(call: Call[CanonicalEmailParams]) -> AdminCanonicalEmailBlock:
    params = call.params
    row = await email_blocks.block_address(call.tx, call.member, params.email, params.canonical_email_hash)
    return render_admin_canonical_email_block(row)


@routes.delete(CANONICAL + "/{id}", auth=MODERATOR, scope=WRITE_CANONICAL)
async def unblock_canonical(call: Call[NoParams]) -> dict[str, str]:
    await email_blocks.unblock_address(call.tx, call.member, call.id())
    return {}
