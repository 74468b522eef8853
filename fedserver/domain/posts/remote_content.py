"""What a post of a peer holds: its files and its texts, which are not trusted until they are cleaned here."""

from __future__ import annotations

from html import escape

from msgspec import Struct

from fedserver.domain.content.post_texts import find_license
from fedserver.domain.posts import polls, quote_requests
from fedserver.text.anchors import add_anchors
from fedserver.text.hyperlinks import extract_links
from fedserver.text.markup import render_markdown, render_plain
from fedserver.text.names import fold_tag
from fedserver.text.sanitize import clean_article, clean_name, clean_post, clean_text, to_text
from storage.engine import Tx
from storage.rows.content import MediaRow
from storage.rows.posts import PostRow

MAX_SUMMARY = 2_000
MAX_MARKDOWN = 50_000


class RemoteFile(Struct, frozen=True):
    """A file that lies at a peer."""

    kind: str
    content_type: str
    url: str
    description: str
    blurhash: str | None
    focus: tuple[float, float]
    width: int | None
    height: int | None


class RemotePost(Struct, frozen=True, kw_only=True):
    """A post of a peer, its authority checked, its text not yet sanitized."""

    uri: str
    url: str
    author_uri: str
    kind: str
    visibility: str
    title: str
    summary: str
    sensitive: bool
    language: str | None
    source: str
    source_type: str
    html: str
    published_at: int | None
    updated_at: int | None
    in_reply_to: str | None
    context_uri: str
    mentioned_uris: tuple[str, ...]
    addressed_uris: tuple[str, ...]
    tags: tuple[str, ...]
    emojis: str
    files: tuple[RemoteFile, ...]
    cover: RemoteFile | None
    original: str
    poll: polls.RemotePoll | None = None
    quote: quote_requests.RemoteQuote | None = None
    html_type: str = ""  # text/markdown or text/plain, where `html` is that instead
    html_before: str = ""  # HTML to be shown before it
    links: tuple[str, ...] = ()  # pages that the post is about, which its text may not name
    interaction_policy: str = ""
    license: str = ""  # the address of the license


def clean_texts(remote: RemotePost) -> dict[str, str]:
    """Return the title, summary, source, HTML and license of a post, sanitized, by the columns they go to."""
    is_article = remote.kind == "Article"
    html = _add_links(remote.html_before + _render_body(remote), remote)
    return {
        "title": clean_name(to_text(remote.title), 300) if remote.title else "",
        "summary": " ".join(to_text(remote.summary).split())[:MAX_SUMMARY] if remote.summary else "",
        "source": clean_text(remote.source, 200_000),
        "html": add_anchors(clean_article(html, remote.url)) if is_article else clean_post(html, remote.url),
        "license": find_license(remote.license) if is_article else "",
    }


def _render_body(remote: RemotePost) -> str:
    """Return the text as HTML; some software (PeerTube) sends Markdown."""
    if remote.html_type == "text/markdown":
        return render_markdown(remote.html[:MAX_MARKDOWN], article=remote.kind == "Article", base=remote.url)
    return render_plain(remote.html) if remote.html_type == "text/plain" else remote.html


def _add_links(html: str, remote: RemotePost) -> str:
    """Return the text with the links that it lacks.

    Those of a link post stand before its text: the first link is the one that gets a card.
    """
    known = set(extract_links(html))
    missing = [address for address in remote.links if address.partition("#")[0] not in known]
    rendered = "".join(f'<p><a href="{escape(address)}">{escape(address)}</a></p>' for address in missing)
    return rendered + html if remote.kind == "Page" else html + rendered


def clean_tags(remote: RemotePost) -> dict[str, str]:
    """Return the hashtags of a post: each as it is written, by its folded name."""
    names = (clean_name(name, 100) for name in remote.tags)
    return {fold_tag(name): name for name in names if name}


def build_media_row(tx: Tx, row: PostRow, remote: RemoteFile, place: int) -> MediaRow:
    """Return a file of a post as it is stored, at its place among the others."""
    return MediaRow(
        id=tx.new_id(),
        account_id=row.account_id,
        post_id=row.id,
        position=place,
        kind=remote.kind,
        content_type=remote.content_type,
        file_key="",
        preview_key="",
        remote_url=remote.url,
        description=clean_text(remote.description, 5_000),
        blurhash=remote.blurhash,
        focus_x=remote.focus[0],
        focus_y=remote.focus[1],
        width=remote.width,
        height=remote.height,
        preview_width=None,
        preview_height=None,
        bytes=0,
        created_at=tx.now,
    )
