"""Fills a database: members, follows, posts, replies, remote followers on stub hosts.

All of it goes through the rules but the many posts: they are copies of a few that did, written together.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from msgspec import structs

from fedserver.cli.settings import build_context
from fedserver.config import Config
from fedserver.domain.accounts import keys, remote_accounts
from fedserver.domain.auth import members, tokens
from fedserver.domain.content import search_index
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.posts import likes, posts
from fedserver.domain.relationships import follows
from fedserver.federation.keys import generate
from fedserver.node import system_clock
from storage.engine import Tx
from storage.opening import open_database
from storage.queries.accounts import accounts as account_queries
from storage.queries.content import tags as tag_queries
from storage.queries.posts import posts as post_queries
from storage.queries.timelines import home_entries as home_entry_queries
from storage.rows.accounts import AccountRow
from storage.rows.posts import PostRow
from storage.upgrade import upgrade

TOPICS = "library repair garden lamp street minutes heating catalogue bicycle tea shelf tomato bill tool"
WORDS = tuple(TOPICS.split())
BATCH = 1_000
MINUTE_MS = 60_000


@dataclass(frozen=True)
class SeedResult:
    """What the workloads ask for."""

    token: str
    account_id: int
    status_id: int
    root_id: int
    keys: keys.NewKeys


def make_sentence(length: int = 25) -> str:
    return " ".join(random.choices(WORDS, k=length)).capitalize() + "."


async def create_remote_account(tx: Tx, host: str, name: str, keys: keys.NewKeys) -> AccountRow:
    """An account on a stub host."""
    base = f"http://{host}/users/{name}"
    return await remote_accounts.receive(
        tx,
        remote_accounts.RemoteAccount(
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


async def _make_searchable(tx: Tx, account: AccountRow) -> AccountRow:
    """An account whose posts everybody may search, without the work that a change of mind causes."""
    row = structs.replace(account, indexable=True)
    values = {name: getattr(row, name, row.username) for name in account_queries.LOCAL_COLUMNS}
    await account_queries.update_local(tx, row.id, values)
    return row


TemplatePost = tuple[PostRow, int, str]  # a post, its tag, and the words that copies replace


async def _create_template(
    tx: Tx, site: NodeContext, author: AccountRow, tag: str, visibility: str
) -> TemplatePost:
    """A post that went through the rules."""
    text = make_sentence()
    draft = posts.Draft(text=f"{text} #{tag}", visibility=visibility)
    row = await post_queries.find(tx, await posts.publish(tx, site, author, draft))
    assert row is not None
    return row, (await tag_queries.load_by_names(tx, [tag]))[0].id, text


def _copy_post(
    tx: Tx, site: NodeContext, model: TemplatePost, author: AccountRow, minutes: int, text: str
) -> tuple[PostRow, int]:
    """A post of `author`, so many minutes ago, and its tag."""
    row, tag_id, words = model
    at = tx.now - minutes * MINUTE_MS
    identifier = tx.new_id(at)
    made = structs.replace(
        row,
        id=identifier,
        uri=site.links.note(author.username, identifier),
        url=site.links.post_page(author.username, identifier),
        account_id=author.id,
        source=(row.source or "").replace(words, text),
        html=row.html.replace(words, text),
        thread_id=identifier,
        context_uri=site.links.context(identifier),
        published_at=at,
    )
    return made, tag_id


async def _write_posts(
    tx: Tx, made: Sequence[tuple[PostRow, int]], reader: AccountRow, followed: Iterable[AccountRow]
) -> None:
    """What `domain.posts.publish` writes, for many posts at once."""
    rows = [row for row, _ in made]
    await tx.run_many(post_queries.INSERT, map(structs.asdict, rows))
    await tx.run_many(
        tag_queries.INSERT_POST_TAG, [{"tag_id": tag_id, "post_id": row.id} for row, tag_id in made]
    )
    shown = {each.id for each in followed}
    homes = [(row.account_id, row) for row in rows]
    homes += [(reader.id, row) for row in rows if row.account_id in shown]
    await tx.run_many(
        home_entry_queries.INSERT,
        [{"account_id": home, "post_id": row.id, "author_id": row.account_id} for home, row in homes],
    )
    await search_index.index_posts(tx, rows)
    for row in rows:
        await account_queries.adjust_post_count(tx, row.account_id, 1, row.published_at)


async def seed(
    config: Config,
    people: int,
    count: int,
    hosts: list[str],
    *,
    visibility: str = "local",
    make_text: Callable[[], str] = make_sentence,
) -> SeedResult:
    """Write `people` members, whose posts all may search, and `count` posts; each host follows the reader."""
    Path(config.database.url.removeprefix("sqlite:")).parent.mkdir(parents=True, exist_ok=True)
    await upgrade(config.database.url)
    db = await open_database(config.database.url, system_clock)
    site, keys = build_context(config), await generate()
    random.seed(1)
    async with db.write() as tx:
        made = [
            await members.create_approved(tx, site, f"member{number}", f"m{number}@bench.example", "x", keys)
            for number in range(people)
        ]
        everybody = [await _make_searchable(tx, account) for _, account in made]
        reader = everybody[0]
        for account in everybody[1 : people // 2 + 1]:
            await follows.follow(tx, site, reader, account)
        token = await tokens.create(
            tx, "read write follow", app_id=None, member_id=made[0][0].id, account_id=reader.id
        )
    written: list[int] = []
    async with db.write() as tx:
        models = [await _create_template(tx, site, everybody[0], tag, visibility) for tag in WORDS]
    for start in range(0, count, BATCH):
        async with db.write() as tx:
            numbers = range(start, min(start + BATCH, count))
            made_now = [
                _copy_post(
                    tx, site, random.choice(models), random.choice(everybody), count - number, make_text()
                )
                for number in numbers
            ]
            await _write_posts(tx, made_now, reader, everybody[1 : people // 2 + 1])
            written.extend(row.id for row, _ in made_now)
    async with db.write() as tx:
        root = await posts.publish(
            tx, site, everybody[1], posts.Draft(text=make_sentence(), visibility="local")
        )
        for _ in range(50):
            draft = posts.Draft(text=make_sentence(), in_reply_to_id=root, visibility="local")
            await posts.publish(tx, site, random.choice(everybody), draft)
        for post_id in written[-40:]:
            await likes.like(tx, site, everybody[2], post_id)
        for number, host in enumerate(hosts):
            follower = await create_remote_account(tx, host, f"fan{number}", keys)
            await follows.receive(tx, follower, reader, f"{follower.uri}#follow")
        speaker = await create_remote_account(tx, hosts[0], "speaker", keys)
        await follows.follow(tx, site, reader, speaker)
        await follows.receive_answer(tx, speaker, reader.id, None, accepted=True)
    await db.close()
    return SeedResult(token.secret, reader.id, written[-1], root, keys)
