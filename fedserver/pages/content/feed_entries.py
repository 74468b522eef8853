"""A post as an entry of a feed: what a visitor sees on its page, and no more."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

import msgspec

from fedserver.domain.content import emojis, post_texts
from fedserver.domain.posts import quotes
from fedserver.domain.timelines import post_views
from fedserver.pages.content.feed_documents import FeedEntry, FeedFile
from fedserver.text.locales import format_datetime, gettext
from fedserver.web.endpoint import Call

_decode_tags = msgspec.json.Decoder(list[str]).decode


def to_entry(call: Call[Any], view: post_views.PostView, *, names_author: bool) -> FeedEntry:
    """Return the entry of a post, with its author if the feed has several."""
    row = view.post
    # A page opens what is sensitive when the reader asks for it; programs that read feeds cannot.
    warning = post_texts.find_warning(row.kind, row.summary, sensitive=row.sensitive)
    files = () if row.sensitive else view.media
    return FeedEntry(
        uri=row.uri,
        url=row.url,
        title=row.title or _describe(view),
        summary="" if warning else row.summary,
        content=_render_content(call, view, warning),
        language=row.language,
        published_at=row.published_at,
        updated_at=row.edited_at or row.published_at,
        tags=() if warning else tuple(_decode_tags(row.tags)),
        files=tuple(
            FeedFile(call.site.links.media(file.file_key), file.content_type, file.bytes)
            for file in files
            if file.file_key
        ),
        author=view.account.name if names_author else "",
        author_url=view.account.account.url,
        license=post_texts.LICENSES.get(row.license, ""),
    )


def _describe(view: post_views.PostView) -> str:
    """Return a title for a note, which has none: its author and its time."""
    return gettext(
        "%(author)s, %(when)s", author=view.account.name, when=format_datetime(view.post.published_at)
    )


def _render_content(call: Call[Any], view: post_views.PostView, warning: str) -> str:
    # guard: texts behind a content warning
    if warning:
        return _render_warning(call, view, warning)
    return "".join(_render_parts(call, view))


def _render_warning(call: Call[Any], view: post_views.PostView, warning: str) -> str:
    text = escape(gettext("Content warning: %(warning)s", warning=warning))
    link = f'<a href="{escape(view.post.url)}">{escape(gettext("Read the post"))}</a>'
    return f"<p><strong>{emojis.render(call.site.links, view.post.emojis, text)}</strong></p><p>{link}</p>"


def _render_parts(call: Call[Any], view: post_views.PostView) -> Iterator[str]:
    """Return the HTML of a post, with what the page shows above and below its text."""
    row, quote, links = view.post, view.quote, call.site.links
    files = () if row.sensitive else view.media
    if view.cover is not None and view.cover.file_key and not row.sensitive:
        yield _render_picture(links.media(view.cover.file_key), view.cover.description)
    html = post_texts.proxy_pictures(links, row.id, post_texts.get_html(row))
    html = emojis.render(links, row.emojis, html)
    yield quotes.add_fallback_link(html, quote.row if quote is not None and quote.post is not None else None)
    # As on the page: pictures that an article shows in its text are not shown again.
    shown = row.html if row.kind == "Article" else ""
    for file in (file for file in files if file.file_key not in shown):
        address = links.media(file.file_key) if file.file_key else ""
        if address and file.kind == "image":
            yield _render_picture(address, file.description)
        elif address:
            label = escape(file.description or gettext("File"))
            yield f'<p><a href="{escape(address)}">{label}</a></p>'
    if view.poll is not None:
        options = "".join(f"<li>{escape(option.title)}</li>" for option in view.poll.options)
        yield f"<ul>{emojis.render(links, row.emojis, options)}</ul>"


def _render_picture(address: str, description: str) -> str:
    return f'<p><img src="{escape(address)}" alt="{escape(description)}"></p>'
