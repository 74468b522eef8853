"""Fills a database through the rules: members, follows, posts, replies, remote followers on stub hosts."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

from fedserver import domain
from fedserver.cli.settings import site_of
from fedserver.config import Config
from fedserver.federation.keys import generate
from fedserver.node import system_clock
from storage import AccountRow, Tx
from storage.opening import open_database
from storage.upgrade import upgrade

TOPICS = "library repair garden lamp street minutes heating catalogue bicycle tea shelf tomato bill tool"
WORDS = tuple(TOPICS.split())


@dataclass(frozen=True)
class Seeded:
    """What the workloads ask for."""

    token: str
    status_id: int
    root_id: int
    keys: domain.keys.NewKeys


def sentence(length: int = 25) -> str:
    return " ".join(random.choices(WORDS, k=length)).capitalize() + "."


async def remote(tx: Tx, host: str, name: str, keys: domain.keys.NewKeys) -> AccountRow:
    """An account on a stub host."""
    base = f"http://{host}/users/{name}"
    return await domain.accounts.receive(
        tx,
        domain.accounts.RemoteAccount(
            uri=base,
            username=name,
            domain=host,
            kind="Person",
            display_name=name,
            note="",
            url=base,
            inbox_uri=f"{base}/inbox",
            shared_inbox_uri=f"http://{host}/inbox",
            outbox_uri=f"{base}/outbox",
            followers_uri=f"{base}/followers",
            following_uri=f"{base}/following",
            featured_uri="",
            avatar_url="",
            avatar_alt="",
            header_url="",
            header_alt="",
            fields=(),
            emojis="[]",
            also_known_as=(),
            locked=False,
            discoverable=True,
            indexable=True,
            memorial=False,
            created_at=None,
            keys=((f"{base}#main-key", "rsa", keys.rsa_public),),
        ),
    )


async def seed(config: Config, people: int, count: int, hosts: list[str]) -> Seeded:
    """Write `people` members and `count` posts; every host follows the reader once."""
    Path(config.database.url.removeprefix("sqlite:")).parent.mkdir(parents=True, exist_ok=True)
    await upgrade(config.database.url)
    db = await open_database(config.database.url, system_clock)
    site, keys = site_of(config), await generate()
    random.seed(1)
    async with db.write() as tx:
        made = [
            await domain.members.add(tx, site, f"member{number}", f"m{number}@bench.example", "x", keys)
            for number in range(people)
        ]
        reader = made[0][1]
        everybody = [account for _, account in made]
        for account in everybody[1 : people // 2 + 1]:
            await domain.follows.follow(tx, site, reader, account)
        token = await domain.tokens.create(
            tx, "read write follow", app_id=None, member_id=made[0][0].id, account_id=reader.id
        )
    written: list[int] = []
    for start in range(0, count, 100):
        async with db.write() as tx:
            for _ in range(min(100, count - start)):
                author = random.choice(everybody)
                draft = domain.posts.Draft(text=f"{sentence()} #{random.choice(WORDS)}", visibility="local")
                written.append(await domain.posts.publish(tx, site, author, draft))
    async with db.write() as tx:
        root = await domain.posts.publish(
            tx, site, everybody[1], domain.posts.Draft(text=sentence(), visibility="local")
        )
        for _ in range(50):
            draft = domain.posts.Draft(text=sentence(), in_reply_to_id=root, visibility="local")
            await domain.posts.publish(tx, site, random.choice(everybody), draft)
        for post_id in written[-40:]:
            await domain.likes.like(tx, site, everybody[2], post_id)
        for number, host in enumerate(hosts):
            follower = await remote(tx, host, f"fan{number}", keys)
            await domain.follows.receive(tx, follower, reader, f"{follower.uri}#follow")
        speaker = await remote(tx, hosts[0], "speaker", keys)
        await domain.follows.follow(tx, site, reader, speaker)
        await domain.follows.receive_answer(tx, speaker, reader.id, None, accepted=True)
    await db.close()
    return Seeded(token.secret, written[-1], root, keys)
