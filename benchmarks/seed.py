"""Fill a database: members, follows, posts, replies, remote followers on stub hosts.

Everything is written by the domain, except the many posts: they are copies of a few that were, written in
batches.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from msgspec import structs

from fedserver.config import Config
from fedserver.domain.accounts import keys, remote_accounts
from fedserver.domain.auth import members, sessions, tokens
from fedserver.domain.content import search_index
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.posts import likes, posts
from fedserver.domain.relationships import follows
from fedserver.federation.keys import generate
from fedserver.links import Links
from storage.clock import system_clock
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
ARTICLES = 20  # a page of the blog
MINUTE_MS = 60_000


@dataclass(frozen=True)
class SeedResult:
    """The ids, the token and the session that the workloads need."""

    token: str
    session: str
    article_path: str
    account_id: int
    status_id: int
    root_id: int
    keys: keys.NewKeys


def build_context(config: Config) -> NodeContext:
    """Return the context of the node for functions of the domain."""
    return NodeContext(config, Links(config.node.base_url, config.node.domain, config.media.proxy))


def make_sentence(length: int = 25) -> str:
    """Return a sentence of random words."""
    return " ".join(random.choices(WORDS, k=length)).capitalize() + "."


async def create_remote_account(tx: Tx, host: str, name: str, keys: keys.NewKeys) -> AccountRow:
    """Store and return an account on a stub host."""
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
    """Make an account searchable, without indexing its posts again, and return it."""
    row = structs.replace(account, indexable=True)
    values = {name: getattr(row, name, row.username) for name in account_queries.LOCAL_COLUMNS}
    await account_queries.update_local(tx, row.id, values)
    return row


TemplatePost = tuple[PostRow, int, str]  # a post, its tag, and the words that copies replace


async def _create_template(
    tx: Tx, site: NodeContext, author: AccountRow, tag: str, visibility: str
) -> TemplatePost:
    """Publish and return a post, with its tag and its text."""
    text = make_sentence()
    draft = posts.Draft(text=f"{text} #{tag}", visibility=visibility)
    row = await post_queries.find(tx, await posts.publish(tx, site, author, draft))
    assert row is not None
    return row, (await tag_queries.load_by_names(tx, [tag]))[0].id, text


def _copy_post(
    tx: Tx, site: NodeContext, model: TemplatePost, author: AccountRow, minutes: int, text: str
) -> tuple[PostRow, int]:
    """Return a copy of a template by `author`, published `minutes` ago, and its tag."""
    row, tag_id, template_text = model
    at = tx.now - minutes * MINUTE_MS
    identifier = tx.new_id(at)
    copy = structs.replace(
        row,
        id=identifier,
        uri=site.links.note(author.username, identifier),
        url=site.links.post_page(author.username, identifier),
        account_id=author.id,
        source=(row.source or "").replace(template_text, text),
        html=row.html.replace(template_text, text),
        thread_id=identifier,
        context_uri=site.links.context(identifier),
        published_at=at,
    )
    return copy, tag_id


async def _write_posts(
    tx: Tx, posts_and_tags: Sequence[tuple[PostRow, int]], reader: AccountRow, followed: Iterable[AccountRow]
) -> None:
    """Write what `domain.posts.publish` writes, for many posts at once."""
    rows = [row for row, _ in posts_and_tags]
    await tx.run_many(post_queries.INSERT, map(structs.asdict, rows))
    await tx.run_many(
        tag_queries.INSERT_POST_TAG, [{"tag_id": tag_id, "post_id": row.id} for row, tag_id in posts_and_tags]
    )
    followed_ids = {account.id for account in followed}
    homes = [(row.account_id, row) for row in rows]
    homes += [(reader.id, row) for row in rows if row.account_id in followed_ids]
    await tx.run_many(
        home_entry_queries.INSERT,
        [{"account_id": home, "post_id": row.id, "author_id": row.account_id} for home, row in homes],
    )
    await search_index.index_posts(tx, rows)
    for row in rows:
        await account_queries.adjust_post_count(tx, row.account_id, 1, row.published_at)


async def _publish_articles(
    tx: Tx, site: NodeContext, authors: Sequence[AccountRow], visibility: str
) -> PostRow:
    """Publish a full page of articles that nobody has at home; return the last, which has replies."""
    for number in range(ARTICLES):
        text = "\n\n".join(make_sentence(80) for _ in range(10))
        draft = posts.Draft(
            text=f"{text}\n\n#{random.choice(WORDS)}",
            content_type="text/markdown",
            kind="Article",
            title=make_sentence(5),
            summary=make_sentence(),
            visibility="public",
        )
        article = await posts.publish(tx, site, authors[-1 - number % 3], draft)
    for author in authors[1:6]:
        reply = posts.Draft(text=make_sentence(), in_reply_to_id=article, visibility=visibility)
        await posts.publish(tx, site, author, reply)
    row = await post_queries.find(tx, article)
    assert row is not None
    return row


async def seed(
    config: Config,
    people: int,
    count: int,
    hosts: list[str],
    *,
    visibility: str = "local",
    make_text: Callable[[], str] = make_sentence,
) -> SeedResult:
    """Write `people` members whose posts all may search, and `count` posts; each host follows the reader."""
    Path(config.database.url.removeprefix("sqlite:")).parent.mkdir(parents=True, exist_ok=True)
    await upgrade(config.database.url)
    db = await open_database(config.database.url, system_clock)
    site, keys = build_context(config), await generate()
    random.seed(1)
    async with db.write() as tx:
        created = [
            await members.create_approved(tx, site, f"member{number}", f"m{number}@bench.example", "x", keys)
            for number in range(people)
        ]
        everybody = [await _make_searchable(tx, account) for _, account in created]
        reader = everybody[0]
        for account in everybody[1 : people // 2 + 1]:
            await follows.follow(tx, site, reader, account)
        token = await tokens.create(
            tx, "read write follow", app_id=None, member_id=created[0][0].id, account_id=reader.id
        )
    post_ids: list[int] = []
    async with db.write() as tx:
        models = [await _create_template(tx, site, everybody[0], tag, visibility) for tag in WORDS]
    for start in range(0, count, BATCH):
        async with db.write() as tx:
            numbers = range(start, min(start + BATCH, count))
            batch = [
                _copy_post(
                    tx, site, random.choice(models), random.choice(everybody), count - number, make_text()
                )
                for number in numbers
            ]
            await _write_posts(tx, batch, reader, everybody[1 : people // 2 + 1])
            post_ids.extend(row.id for row, _ in batch)
    async with db.write() as tx:
        root = await posts.publish(
            tx, site, everybody[1], posts.Draft(text=make_sentence(), visibility="local")
        )
        for _ in range(50):
            draft = posts.Draft(text=make_sentence(), in_reply_to_id=root, visibility="local")
            await posts.publish(tx, site, random.choice(everybody), draft)
        for post_id in post_ids[-40:]:
            await likes.like(tx, site, everybody[2], post_id)
        for number, host in enumerate(hosts):
            follower = await create_remote_account(tx, host, f"fan{number}", keys)
            await follows.receive(tx, follower, reader, f"{follower.uri}#follow")
        article = await _publish_articles(tx, site, everybody, visibility)
        session = await sessions.start(tx, created[0][0], "benchmark")
        speaker = await create_remote_account(tx, hosts[0], "speaker", keys)
        await follows.follow(tx, site, reader, speaker)
        await follows.receive_answer(tx, speaker, reader.id, None, accepted=True)
    await db.close()
    path = article.url.removeprefix(site.links.base)
    return SeedResult(token.secret, session, path, reader.id, post_ids[-1], root, keys)
