"""`fedserver demo`: three partner nodes on loopback, with members who follow, post, like and reply.

Everything is sent over HTTP between the nodes and goes through the functions of the domain.
"""

from __future__ import annotations

import asyncio
import signal
import tempfile
from pathlib import Path

import click

from fedserver.cli.demo_community import daily_life, files, governance, publication
from fedserver.cli.demo_community.nodes import DemoNode, follow_everyone, make_partners, wait_until_idle
from fedserver.cli.demo_community.story import COMMUNITIES, DemoCommunity
from fedserver.cli.language import command, option
from fedserver.cli.server import build_sites, configure_log
from fedserver.cli.settings import async_command, config_option, read_config
from fedserver.config import CommunityConfig as CommunityConfig
from fedserver.config import (
    Config,
    DatabaseConfig,
    FederationConfig,
    LimitsConfig,
    LogConfig,
    MediaConfig,
    RegistrationConfig,
)
from fedserver.config import NodeConfig as NodeConfig
from fedserver.domain.accounts import accounts
from fedserver.domain.auth import members
from fedserver.federation.keys import generate
from fedserver.node import open_node
from fedserver.text.locales import gettext

PASSWORD = "demo-password"


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
        # Trying everything out takes many requests.
        limits=LimitsConfig(requests_per_5_minutes=30_000),
    )


async def _start_node(community: DemoCommunity, port: int, folder: Path) -> DemoNode:
    config = _build_config(community, port, folder)
    node = await open_node(config)
    try:
        await node.serve(build_sites(config.node.listen))
    except OSError:
        await node.close()  # its threads would keep the process from ending
        raise
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


@command()
@option("--port", default=8431, show_default=True, help="The first of three ports.")
@config_option
@option("--once", is_flag=True, help="Publish the posts, print the addresses, and stop.")
@async_command
async def demo(port: int, once: bool, config_path: Path | None) -> None:
    """Run three nodes on loopback until Ctrl-C, to look at."""
    if config_path is not None:
        read_config(config_path)  # its nodes have configurations of their own
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
        await make_partners(partners)
        for number, partner in enumerate(partners):
            await files.dress(partner, 120 * number)
        click.echo(gettext("Members follow each other across the nodes …"))
        await follow_everyone(partners)
        await wait_until_idle(partners)
        by_key = {partner.community.key: partner for partner in partners}
        click.echo(gettext("They post, reply and like …"))
        uris = await publication.publish_posts(by_key)
        await wait_until_idle(partners)
        await publication.publish_reactions(by_key, uris)
        await daily_life.live(partners[0])
        await governance.govern(partners[0])
        await wait_until_idle(partners)
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
