"""Links in the text of a post that lead somewhere else: not to people, hashtags or a quoted post."""

from __future__ import annotations

from selectolax.lexbor import LexborHTMLParser, LexborNode

from fedserver.text.sanitize import bounded, web_address

MOST = 50
NAMES = frozenset({"mention", "hashtag", "u-url", "h-card"})


def links_out(html: str) -> list[str]:
    """The addresses that the sanitized `html` links to, in order, at most fifty."""
    if "<a " not in html:
        return []
    found = []
    for node in LexborHTMLParser(bounded(html)).css("a[href]")[:MOST]:
        address = web_address(node.attributes.get("href") or "")
        if address and not _names_something(node):
            found.append(address.partition("#")[0])
    return list(dict.fromkeys(found))


def _names_something(node: LexborNode) -> bool:
    """True for a mention, a hashtag, or the line that stands for a quote."""
    if NAMES & set((node.attributes.get("class") or "").split()) or node.attributes.get("rel") == "tag":
        return True
    above = node.parent
    return above is not None and "quote-inline" in (above.attributes.get("class") or "").split()
