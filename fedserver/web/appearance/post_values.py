"""What templates show about a post beside its own columns: whom it answers, how long it takes to read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fedserver.domain.content import post_texts
from fedserver.domain.kernel.context import NodeContext
from fedserver.text.excerpts import estimate_reading_minutes
from fedserver.text.locales import current_locale
from fedserver.web.appearance.article_bodies import build_article_body
from fedserver.web.appearance.fragments import build_fragment
from storage.cache import LruCache
from storage.rows.posts import PostRow

MAX_READING_TIMES = 1_000


def build_post_values(site: NodeContext, clock: Callable[[], int]) -> dict[str, Callable[..., Any]]:
    """Return the functions of templates that keep what they computed for a post."""
    return {
        "body_of": build_article_body(site.links),
        "minutes_of": build_reading_time(),
        "fragment": build_fragment(site, clock),
    }


def build_reading_time() -> Callable[[PostRow], int]:
    """Return a function that returns how many minutes an article takes to read.

    It computes them once for each version of an article.
    """
    cache = LruCache(MAX_READING_TIMES)

    def find_reading_minutes(row: PostRow) -> int:
        key = row.id, row.version
        minutes = cache.get(key)
        if minutes is None:
            cache.store(key, minutes := estimate_reading_minutes(row.html))
        return int(minutes)

    return find_reading_minutes


def build_can_translate(*, has_service: bool) -> Callable[[PostRow], bool]:
    """Return a function that returns whether a post is in another language than the pages."""

    def can_translate(row: PostRow) -> bool:
        language = (row.language or "").partition("-")[0]
        return has_service and language != current_locale().partition("-")[0]

    return can_translate


def find_answered_handle(row: PostRow) -> str:
    """Return the handle of the account that a post answers, '' if the post does not mention it."""
    if row.in_reply_to_account_id is None or row.mentions == "[]":
        return ""
    mentioned = post_texts.decode_mentions(row.mentions)
    return next((fact.acct for fact in mentioned if fact.id == row.in_reply_to_account_id), "")
