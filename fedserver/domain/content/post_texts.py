"""The text of a post: from its source to HTML, with the accounts and tags that it mentions.

It is rendered once, when it is written, never on read. Only the addresses of pictures from other servers are
replaced when it is shown: this node serves them, so that no other one learns who reads.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

import msgspec
from msgspec import Struct

from fedserver.domain.content import admin_tags
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import InvalidError
from fedserver.domain.kernel.written_texts import check_post_length, clean_line
from fedserver.links import Links
from fedserver.text.anchors import complete_anchors, localize_anchors
from fedserver.text.excerpts import make_excerpt
from fedserver.text.languages import normalize_language
from fedserver.text.markup import MentionLink, parse_plain, parse_text
from fedserver.text.pictures import replace_pictures
from fedserver.text.sanitize import clean_text, to_text
from storage.engine import ReadTx
from storage.queries.accounts import accounts as account_queries
from storage.rows.accounts import AccountRow
from storage.rows.posts import PostRow

PLAIN = "text/plain"
LEADING_LINES = re.compile(r"\A(?:[ \t]*\n)+")  # the indent of the first line with text has a meaning
MAX_SUMMARY, MAX_TITLE, MAX_EMBEDDED = 500, 200, 500  # characters
KINDS_WITH_WARNING = ("Note", "Question")  # their summary is always a content warning

# By the names of the SPDX list (spdx.org/licenses); the first is what the law says without one.
LICENSES = {
    "": "",
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "CC-BY-SA-4.0": "https://creativecommons.org/licenses/by-sa/4.0/",
    "CC-BY-NC-4.0": "https://creativecommons.org/licenses/by-nc/4.0/",
    "CC-BY-NC-SA-4.0": "https://creativecommons.org/licenses/by-nc-sa/4.0/",
    "CC-BY-ND-4.0": "https://creativecommons.org/licenses/by-nd/4.0/",
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
}

encode = msgspec.json.Encoder().encode


class MentionFact(Struct, frozen=True):
    """A mentioned account as stored with the post, so that readers need no other row."""

    id: int
    username: str
    acct: str
    url: str
    uri: str


decode_mentions = msgspec.json.Decoder(list[MentionFact]).decode


class RenderedText(Struct, frozen=True):
    """A rendered text, ready to be stored."""

    source: str
    source_type: str
    html: str
    summary: str
    mentioned: tuple[AccountRow, ...]
    tags: dict[str, str]  # folded name: as written

    @property
    def mentions_json(self) -> str:
        return encode([to_mention_fact(account) for account in self.mentioned]).decode()

    @property
    def tags_json(self) -> str:
        return encode(list(self.tags)).decode()


def format_handle(account: AccountRow) -> str:
    """Return `ann` for local accounts, `bob@beta.test` for remote ones."""
    return f"{account.username}@{account.domain}" if account.domain else account.username


def to_mention_fact(account: AccountRow) -> MentionFact:
    """Return what is stored with a post about an account that it mentions."""
    return MentionFact(account.id, account.username, format_handle(account), account.url, account.uri)


async def render(
    tx: ReadTx,
    site: NodeContext,
    source: str,
    source_type: str,
    summary: str,
    *,
    kind: str,
    sensitive: bool,
    page: str,
) -> RenderedText:
    """Check the lengths of a text and render it; `page` is where it is read. Raises InvalidError.

    Who is mentioned and which hashtags there are is what the rendered text links. An article without a
    summary gets an excerpt as its summary, unless it is sensitive: see `find_warning`.
    """
    article = kind == "Article"
    source = clean_text(source, len(source))
    source = source.strip() if source_type == PLAIN else LEADING_LINES.sub("", source.rstrip())
    summary = " ".join(clean_text(summary, 10_000).split())
    _check_length(site, source, summary, article)
    parsed = parse_text(
        source,
        source_type,
        article=article,
        base=f"{site.links.base}/",
        page=page,
        media_base=site.links.media(""),
    )
    accounts = await _load_mentioned(tx, site, parsed.mentions)
    html = parsed.render(_to_links(accounts), site.links.tag)
    if article and not summary and not sensitive:
        summary = make_excerpt(html, MAX_SUMMARY)
    await admin_tags.check_usable(tx, parsed.hashtags)
    mentioned = tuple(dict.fromkeys(accounts.values()))
    return RenderedText(source, source_type, html, summary, mentioned, parsed.hashtags)


def find_warning(kind: str, summary: str, *, sensitive: bool) -> str:
    """Return the content warning of a post, '' without one.

    The summary of a note is always a warning. That of an article, a video or an event says what it is about,
    unless it is sensitive: ActivityPub has one property for both.
    """
    return summary if sensitive or kind in KINDS_WITH_WARNING else ""


async def load_mention_links(
    tx: ReadTx, site: NodeContext, source: str
) -> dict[tuple[str, str | None], MentionLink]:
    """Return links for the mentions in a plain text whose accounts are known here."""
    return _to_links(await _load_mentioned(tx, site, parse_plain(source).mentions))


def _to_links(
    accounts: dict[tuple[str, str | None], AccountRow],
) -> dict[tuple[str, str | None], MentionLink]:
    return {name: MentionLink(account.url, account.username) for name, account in accounts.items()}


def clean_title(kind: str, title: str) -> str:
    """Return the title to store, '' unless it is an article.

    Raises InvalidError for an article without title, and a title that is too long.
    """
    if kind != "Article":
        return ""
    title = clean_line("title", title, MAX_TITLE)
    if not title:
        raise InvalidError("title", "can't be blank", "ERR_BLANK")
    return title


def find_license(address: str) -> str:
    """Return the name of the license at an address, '' for none that is known here."""
    path = address.partition("://")[2].lower().rstrip("/")
    return next((name for name, known in LICENSES.items() if known and known[8:].rstrip("/") == path), "")


def clean_license(kind: str, name: str) -> str:
    """Return the license of a post, '' unless it is an article. Raises InvalidError for an unknown one."""
    if name not in LICENSES:
        raise InvalidError("license", "is not known")
    return name if kind == "Article" else ""


def resolve_language(language: str | None) -> str | None:
    """Return a language tag in its normal form, None if it is not one."""
    return normalize_language(language)


def _check_length(site: NodeContext, source: str, summary: str, article: bool) -> None:
    limits = site.config.limits
    max_length = limits.article_characters if article else limits.post_characters
    check_post_length(source, summary, max_length, article=article)


async def _load_mentioned(
    tx: ReadTx, site: NodeContext, names: Sequence[tuple[str, str | None]]
) -> dict[tuple[str, str | None], AccountRow]:
    """Return the known accounts among the mentioned ones, by the mention as written."""
    if not names:
        return {}
    domains = {name: site.links.find_account_domain(name[1] or "") for name in names}
    wanted = {name: (name[0], domain) for name, domain in domains.items() if domain is not None}
    rows = await account_queries.load_by_handles(
        tx, [username for username, _ in wanted.values()], [domain for _, domain in wanted.values()]
    )
    accounts = {
        (row.username.lower(), row.domain): row
        for row in rows
        if row.suspended_at is None and row.deleted_at is None
    }
    return {name: accounts[key] for name, key in wanted.items() if key in accounts}


def proxy_pictures(links: Links, post_id: int, html: str) -> str:
    """Return the stored HTML of a post, or of a version of it, with pictures that this node serves."""
    # guard: readers stay unknown @argument1
    return replace_pictures(html, lambda url: links.post_file(post_id, "image", url))


def grant_pictures(links: Links, post_id: int, html: str) -> str:
    """Return the HTML as `proxy_pictures` does, for programs: pictures of a private node have a grant."""
    return replace_pictures(html, lambda url: links.with_grant(links.post_file(post_id, "image", url)))


def get_html(row: PostRow) -> str:
    """Return the stored HTML of a post. Headings of an article from before they had ids get theirs now."""
    if row.kind != "Article":
        return row.html
    return complete_anchors(row.html, row.url if row.local else "")


def render_page_html(links: Links, row: PostRow) -> str:
    """Return the HTML of a post for a page of this node, on which links to places in the text stay."""
    html = proxy_pictures(links, row.id, get_html(row))
    return html if row.local else localize_anchors(html, row.url)


def is_blank(html: str) -> bool:
    """Return True if the HTML shows neither text nor images."""
    return not to_text(html) and "<img" not in html


def render_embed(row: PostRow, author: str, width: int) -> str:
    """Return a quotation of a post for other pages, at most `width` pixels wide: HTML without a script."""
    text = row.summary if row.summary and row.kind != "Article" else make_excerpt(row.html, MAX_EMBEDDED)
    title = f"<p><strong>{escape(row.title)}</strong></p>" if row.title else ""
    url = escape(row.url)
    return (
        f'<blockquote cite="{url}" style="max-width: {width}px">{title}'
        f'<p>{escape(text)}</p><footer><a href="{url}">{escape(author)}</a></footer></blockquote>'
    )
