"""The search index of posts, written in the transaction that publishes or changes them.

Tokens come from title, summary, text, descriptions of files and options of a poll. Facts are what the
operators of `search_terms` match. A post that is removed leaves the index with its row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fedserver.domain.kernel import jobs
from fedserver.text.sanitize import to_text
from fedserver.text.tokenizer import fold, tokenize
from storage.engine import Tx
from storage.queries.content import media as media_queries
from storage.queries.content import search_index as search_index_queries
from storage.queries.posts import polls as poll_queries
from storage.rows.content import MediaRow
from storage.rows.posts import PostRow
from storage.search import SearchEntry

BATCH_SIZE = 200  # posts of a job: the write lock is released in between
ALL_POSTS, PUBLIC_POSTS = "all", "public"


def to_author_fact(account_id: int) -> str:
    """Return the fact that a post is by this account."""
    return f"by{account_id}"


def to_language_fact(tag: str) -> str:
    """Return the fact of a language: `langdeat` for `de-AT`, as facts are letters and digits only."""
    return "lang" + "".join(letter for letter in fold(tag) if letter.isascii() and letter.isalnum())


async def index_posts(tx: Tx, rows: Sequence[PostRow]) -> None:
    """Write published posts into the index, replacing their former entries."""
    files: dict[int, list[MediaRow]] = {}
    for file in await media_queries.load_by_posts(tx, [row.id for row in rows]):
        files.setdefault(file.post_id or 0, []).append(file)
    asking = [row.id for row in rows if row.kind == "Question"]
    polls = await poll_queries.load_by_posts(tx, asking, None) if asking else {}
    consenting = await search_index_queries.load_indexable(tx, list({row.account_id for row in rows}))
    entries = [
        _build_entry(row, files.get(row.id, []), polls.get(row.id), open_to_all=row.account_id in consenting)
        for row in rows
    ]
    await search_index_queries.upsert_entries(tx, entries)


async def index_batch(tx: Tx, job: jobs.IndexPosts) -> None:
    """Index a batch of posts, from the newest to the oldest, and enqueue the next batch."""
    rows = await search_index_queries.list_for_index(tx, job.account_id, job.before_id, BATCH_SIZE)
    if rows:
        await index_posts(tx, rows)
    if len(rows) == BATCH_SIZE:
        await enqueue_reindex(tx, job.account_id, rows[-1].id)


async def enqueue_reindex(tx: Tx, account_id: int | None, before_id: int = jobs.NEWEST_ID) -> None:
    """Enqueue a new indexing of the posts of one account, or of all (None).

    Needed when authors change whether their posts are searchable.
    """
    name = f"index_posts:{account_id or 0}:{before_id}"
    await jobs.enqueue(tx, jobs.IndexPosts(before_id, account_id), dedupe=name)


def _build_entry(
    row: PostRow, files: Sequence[MediaRow], poll: poll_queries.PollWithOptions | None, *, open_to_all: bool
) -> SearchEntry:
    described = [file.description for file in files]
    offered = [option.title for option in poll.options] if poll is not None else []
    texts = (row.title, row.summary, to_text(row.html), *described, *offered)
    facts = dict.fromkeys((ALL_POSTS, to_author_fact(row.account_id), *_list_facts(row, files)))
    if open_to_all and row.visibility == "public":
        facts[PUBLIC_POSTS] = None
    return SearchEntry(row.id, tokenize("\n".join(texts)), list(facts))


def _list_facts(row: PostRow, files: Sequence[MediaRow]) -> Iterable[str]:
    if row.language:
        yield to_language_fact(row.language.partition("-")[0])
        yield to_language_fact(row.language)
    for file in files:
        kind = "video" if file.kind == "gifv" else file.kind
        yield from ("hasmedia", f"has{kind}")
    if _has_outbound_link(row.html):
        yield "haslink"
    if row.kind == "Question":
        yield "haspoll"
    if row.kind == "Article":
        yield "isarticle"
    if row.in_reply_to_uri is not None:
        yield "isreply"
    if row.sensitive:
        yield "issensitive"


def _has_outbound_link(html: str) -> bool:
    """Return True if there is a link that is neither a mention nor a hashtag."""
    for part in html.split("<a ")[1:]:
        kinds = part.partition(">")[0].partition('class="')[2].partition('"')[0].split()
        if not {"mention", "hashtag", "u-url"} & set(kinds):
            return True
    return False
