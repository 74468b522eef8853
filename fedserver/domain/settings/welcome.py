"""The welcome text of the community: Markdown of the admins."""

from __future__ import annotations

from functools import lru_cache

from fedserver.domain.kernel.context import NodeContext
from fedserver.text.markup import render_markdown


def render(site: NodeContext) -> str:
    """Return the welcome text as safe HTML, '' if there is none."""
    text = site.config.community.welcome
    return _render_cached(text, site.links.base) if text else ""


@lru_cache(maxsize=4)
def _render_cached(text: str, base: str) -> str:
    return render_markdown(text, article=True, base=f"{base}/")
