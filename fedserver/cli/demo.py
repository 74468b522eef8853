"""`fedserver demo`: three partner nodes on loopback, with members who follow, post, like and reply.

Everything is sent over HTTP between the nodes and goes through the functions of the domain.
"""

from __future__ import annotations

import asyncio
import signal
import tempfile
from dataclasses import dataclass
from pathlib import Path

import click

from fedserver.cli.demo_story import COMMUNITIES, POSTS, REPLIES, DemoCommunity
from fedserver.cli.language import command, option
from fedserver.cli.server import build_sites, configure_log
from fedserver.cli.settings import async_command
from fedserver.config import CommunityConfig as CommunityConfig
from fedserver.config import (
    Config,
    DatabaseConfig,
    FederationConfig,
    LogConfig,
    MediaConfig,
    RegistrationConfig,
)
from fedserver.config import NodeConfig as NodeConfig
from fedserver.domain.accounts import accounts
from fedserver.domain.auth import members
from fedserver.domain.peers import partners as agreements
from fedserver.domain.posts import likes, posts
from fedserver.domain.relationships import follows
from fedserver.domain.timelines import visibility
from fedserver.federation.keys import generate
from fedserver.node import Node, open_node
from fedserver.text.locales import gettext
from storage.rows.accounts import AccountRow
from storage.rows.auth import MemberRow

PASSWORD = "demo-password"
DEMO_SCOPES = ("posts", "local")


@dataclass
class DemoNode:
    """A node of the demo and its members' accounts."""

    community: DemoCommunity
    node: Node
    people: dict[str, AccountRow]


def _build_config(community: DemoCommunity, port: int, folder: Path) -> Config:
    host = f"localhost:{port}"
    return Config(
        node=NodeConfig(
            domain=host, base_url=f"http://{host}", listen=f"127.0.0.1:{port}", data_dir=str(folder)
        ),
        community=CommunityConfig(title=community.title, description=community.description),
        database=DatabaseConfig(url=f"sqlite:{folder / 'node.sqlite3'}"),
        media=MediaConfig(store=f"file:{folder / 'media'}"),
        federation=FederationConfig(allow_networks=("127.0.0.0/8", "::1/128"), allow_http=True),
        registration=RegistrationConfig(mode="open"),
        log=LogConfig(level="warning"),
    )


async def _start_node(community: DemoCommunity, port: int, folder: Path) -> DemoNode:
    config = _build_config(community, port, folder)
    node = await open_node(config)
    await node.serve(build_sites(config.node.listen))
    node.runner.start()
    services, people = node.services, {}
    password_hash = await services.passwords.hash(PASSWORD)
    for number, person in enumerate(community.people):
        new_keys = await generate()
        async with services.db.write() as tx:
            _, account = await members.create_approved(
                tx,
                services.site,
                person.name,
                f"{person.name}@demo.example",
                password_hash,
                new_keys,
                role="owner" if number == 0 else "member",
            )
            change = accounts.ProfileChange(display_name=person.display_name, note=person.note)
            people[person.name] = await accounts.update_profile(tx, services.site, account, change)
    return DemoNode(community, node, people)


async def _follow_everyone(partners: list[DemoNode]) -> None:
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


async def _make_partners(nodes: list[DemoNode]) -> None:
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
    await _wait_until_idle(nodes)
    for here in nodes:
        services, owner = here.node.services, await _load_owner(here)
        async with services.db.write() as tx:
            for row in await agreements.list_all(tx):
                if row.state == agreements.OFFERED and not row.ours:
                    await agreements.answer(tx, services.site, owner, row.id, accepted=True)
    await _wait_until_idle(nodes)


async def _load_owner(here: DemoNode) -> MemberRow:
    async with here.node.services.db.read() as tx:
        return await members.get_by_username(tx, here.community.people[0].name)


async def _wait_until_idle(partners: list[DemoNode]) -> None:
    """Wait until no node has pending jobs, deliveries or activities."""
    for _ in range(200):
        if not sum([await partner.node.runner.count_backlog() for partner in partners]):
            return
        await asyncio.sleep(0.1)


async def _publish_posts(partners: dict[str, DemoNode]) -> dict[str, str]:
    """Publish the posts of the story and return their URIs by key."""
    uris: dict[str, str] = {}
    for story in POSTS:
        partner = partners[story.node]
        services = partner.node.services
        draft = posts.Draft(
            text=story.text,
            kind="Article" if story.title else "Note",
            title=story.title,
            content_type="text/markdown" if story.title else "text/plain",
        )
        async with services.db.write() as tx:
            post_id = await posts.publish(tx, services.site, partner.people[story.author], draft)
            uris[story.key] = (await visibility.get(tx, post_id, None)).uri
    return uris


async def _publish_reactions(partners: dict[str, DemoNode], uris: dict[str, str]) -> None:
    """Publish replies and likes, each from another node than that of the post."""
    for reply in REPLIES:
        partner = partners[reply.node]
        services, author = partner.node.services, partner.people[reply.author]
        row = await services.resolver.resolve_post(uris[reply.to])
        if row is None:
            continue
        async with services.db.write() as tx:
            await likes.like(tx, services.site, author, row.id)
            if reply.text:
                draft = posts.Draft(text=reply.text, in_reply_to_id=row.id)
                await posts.publish(tx, services.site, author, draft)


@command()
@option("--port", default=8431, show_default=True, help="The first of three ports.")
@option("--once", is_flag=True, help="Publish the posts, print the addresses, and stop.")
@async_command
async def demo(port: int, once: bool) -> None:
    """Run three nodes on loopback until Ctrl-C, to look at."""
    configure_log(LogConfig(level="warning"))
    with tempfile.TemporaryDirectory(prefix="fedserver-demo-") as folder:
        await _run_demo(Path(folder), port, once=once)


async def _run_demo(folder: Path, port: int, *, once: bool) -> None:
    partners: list[DemoNode] = []
    try:
        for number, community in enumerate(COMMUNITIES):
            click.echo(gettext("Starting %(community)s …", community=community.title))
            partners.append(await _start_node(community, port + number, folder / community.key))
        click.echo(gettext("They become partners …"))
        await _make_partners(partners)
        click.echo(gettext("Members follow each other across the nodes …"))
        await _follow_everyone(partners)
        await _wait_until_idle(partners)
        by_key = {partner.community.key: partner for partner in partners}
        click.echo(gettext("They post, reply and like …"))
        uris = await _publish_posts(by_key)
        await _wait_until_idle(partners)
        await _publish_reactions(by_key, uris)
        await _wait_until_idle(partners)
        _print_addresses(partners)
        if not once:
            await _wait_for_signal()
    finally:
        for partner in partners:
            await partner.node.close()


def _print_addresses(partners: list[DemoNode]) -> None:
    for partner in partners:
        base = partner.node.services.site.links.base
        names = ", ".join(partner.people)
        click.echo(f"\n{partner.community.title}\n  {base}")
        click.echo("  " + gettext("blog: %(address)s", address=base + "/blog"))
        click.echo("  " + gettext("log in as: %(names)s", names=names))
    click.echo()
    click.echo(
        gettext(
            "The password of every member is %(password)s. Ctrl-C stops the demo and deletes its data.",
            password=PASSWORD,
        )
    )


async def _wait_for_signal() -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    await stopping.wait()
