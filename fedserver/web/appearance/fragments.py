"""What pages show of a post, cached as HTML: most of the time of a page is spent on posts seen before.

As with the JSON of the client API, views with equal stamps are equal. The rest of what a template may look at
is part of the key as well: who reads, with their settings, and where the forms lead back to. So a change is
seen at once, except that "5 minutes ago" may be some minutes old.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.secrets import new_secret
from fedserver.domain.timelines.post_views import PostView
from fedserver.text.locales import current_locale, current_zone
from storage.cache import LruCache

MAX_FRAGMENTS = 400  # each some 8 KB for a member; a cache has up to twice as many
MINUTE_MS = 60_000
HOUR_MS, DAY_MS = 60 * MINUTE_MS, 24 * 60 * MINUTE_MS
# How long a text such as "3 hours ago" stays, by the age of the post; older ones show their day.
STEPS_BY_AGE = ((HOUR_MS, MINUTE_MS), (DAY_MS, 10 * MINUTE_MS), (8 * DAY_MS, HOUR_MS))


def build_fragment(site: NodeContext, clock: Callable[[], int]) -> Callable[..., Markup]:
    """Return the function of templates that calls a macro with a view, or returns what it returned before.

    The macro gets the view and `values`, which have to be hashable.
    """
    cache = LruCache(MAX_FRAGMENTS)
    # Nobody can write it into a post. The token for forms is another one on each page.
    stand_in = new_secret()

    @pass_context
    def fragment(context: Context, macro: Callable[..., Markup], view: PostView, *values: Hashable) -> Markup:
        key = _build_key(context, site, clock(), macro, view, values)
        if key is None:
            return macro(view, *values)
        csrf: str = context["csrf"]
        cached = cache.get(key)
        if cached is not None:
            return Markup(cached.replace(stand_in, csrf)) if csrf else cached
        html = macro(view, *values)
        cache.store(key, str(html).replace(csrf, stand_in) if csrf else html)
        return html

    return fragment


def _build_key(
    context: Context, site: NodeContext, now: int, macro: Any, view: PostView, values: tuple[Hashable, ...]
) -> Hashable:
    """Return all that a fragment may depend on, None for one that must not be cached."""
    reader = context["me"]
    shown = view.boost_of or view
    # Polls say how long they are open; what was just deleted looks different once.
    if view.stamp is None or shown.poll is not None or context.get("act_done") or shown.quote is not None:
        return None
    who = None
    if reader is not None:
        if reader.is_suspended or reader.account is None or reader.member is None:
            return None
        who = reader.account.id, reader.account.version, reader.member.version
    return (
        macro.name,
        view.stamp,
        values,
        who,
        context["here"],
        context["looks"],
        current_locale(),
        current_zone(),
        site.revision,
        site.links.grant_period,
        _find_period(now, shown.post.published_at),
    )


def _find_period(now: int, published_at: int) -> int:
    """Return a number that changes when the age of a post may be written differently."""
    age = now - published_at
    return next((now // step * step for limit, step in STEPS_BY_AGE if age < limit), 0)
