"""The text of an article as its page shows it: with code in colours, and with its headings in order."""

from __future__ import annotations

from collections.abc import Callable

from fedserver.domain.content import post_texts
from fedserver.links import Links
from fedserver.text.articles.page_html import ArticleBody, build_body
from fedserver.text.locales import current_locale, gettext
from storage.cache import LruCache
from storage.rows.posts import PostRow

MAX_BODIES, MAX_CACHED_LENGTH = 200, 60_000  # characters: together at most a few megabytes


def build_article_body(links: Links) -> Callable[[PostRow], ArticleBody]:
    """Return a function that returns the text of an article; it builds it once for each version of one."""
    cache = LruCache(MAX_BODIES)

    def find_body(row: PostRow) -> ArticleBody:
        # Nobody asks twice for the row of a preview, which has no id.
        key = row.id, row.version, current_locale()
        body = cache.get(key) if row.id else None
        if body is None:
            body = build_body(post_texts.render_page_html(links, row), gettext("Table"))
            if row.id and len(body.html) <= MAX_CACHED_LENGTH:
                cache.store(key, body)
        assert isinstance(body, ArticleBody)
        return body

    return find_body
