"""Links in the text of a post, except mentions, hashtags and the link to a quoted post."""

from __future__ import annotations

from selectolax.lexbor import LexborHTMLParser, LexborNode

from fedserver.text.sanitize import limit_nesting, to_web_url

MAX_LINKS = 50
ENTITY_CLASSES = frozenset({"mention", "hashtag", "u-url", "h-card"})


def extract_links(html: str) -> list[str]:
    """Return the addresses that the sanitized `html` links to, in order, at most MAX_LINKS."""
    if "<a " not in html:
        return []
    addresses = []
    for node in LexborHTMLParser(limit_nesting(html)).css("a[href]")[:MAX_LINKS]:
        address = to_web_url(node.attributes.get("href") or "")
        if address and not _is_entity_link(node):
            addresses.append(address.partition("#")[0])
    return list(dict.fromkeys(addresses))


def _is_entity_link(node: LexborNode) -> bool:
    """Return True for a mention, a hashtag, or the line that stands for a quote."""
    if (
        ENTITY_CLASSES & set((node.attributes.get("class") or "").split())
        or node.attributes.get("rel") == "tag"
    ):
        return True
    parent = node.parent
    return parent is not None and "quote-inline" in (parent.attributes.get("class") or "").split()
