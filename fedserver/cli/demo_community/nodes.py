"""What the nodes of the demo are to each other: partners whose members follow one another."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import click

from fedserver.cli.demo_community.story import DemoCommunity
from fedserver.domain.auth import members
from fedserver.domain.peers import partners as agreements
from fedserver.domain.relationships import follows
from fedserver.node import Node
from fedserver.text.locales import gettext
from storage.rows.accounts import AccountRow
from storage.rows.auth import MemberRow

DEMO_SCOPES = ("posts", "local")


@dataclass
class DemoNode:
    """A node of the demo and its members' accounts."""

    community: DemoCommunity
    node: Node
    people: dict[str, AccountRow]


async def follow_everyone(partners: list[DemoNode]) -> None:
    """Let every member follow every other, across nodes by handle."""
    for here in partners:
        services = here.node.services
        for there in partners:
            for name in there.people:
                handle = f"@{name}@{there.node.services.site.links.domain}"
                target = await services.resolver.resolve_account(handle)
                if target is None:
                    raise click.ClickException(
                        gettext(
                            "%(handle)s was not found from %(community)s.",
                            handle=handle,
                            community=here.community.title,
                        )
                    )
                async with services.db.write() as tx:
                    for account in here.people.values():
                        if account.id != target.id:
                            await follows.follow(tx, services.site, account, target)


async def make_partners(nodes: list[DemoNode]) -> None:
    """Let the owner of each node offer an agreement to those after it, and theirs accept it."""
    for number, here in enumerate(nodes):
        services, owner = here.node.services, await _load_owner(here)
        for there in nodes[number + 1 :]:
            domain = there.node.services.site.links.domain
            actor = await services.resolver.fetch_node_actor(domain, require_allowed=False)
            if actor is None:
                raise click.ClickException(gettext("%(domain)s did not answer.", domain=domain))
            async with services.db.write() as tx:
                await agreements.offer(tx, services.site, owner, actor, DEMO_SCOPES, "")
    await wait_until_idle(nodes)
    for here in nodes:
        services, owner = here.node.services, await _load_owner(here)
        async with services.db.write() as tx:
            for row in await agreements.list_all(tx):
                if row.state == agreements.OFFERED and not row.ours:
                    await agreements.answer(tx, services.site, owner, row.id, accepted=True)
    await wait_until_idle(nodes)


async def _load_owner(here: DemoNode) -> MemberRow:
    async with here.node.services.db.read() as tx:
        return await members.get_by_username(tx, here.community.people[0].name)


async def wait_until_idle(partners: list[DemoNode]) -> None:
    """Wait until no node has pending jobs, deliveries or activities."""
    for _ in range(200):
        if not sum([await partner.node.runner.count_backlog() for partner in partners]):
            return
        await asyncio.sleep(0.1)
