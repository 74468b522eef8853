"""Which elements a page has, without its words and ids: pages of one structure have the same barriers."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from selectolax.lexbor import LexborHTMLParser, LexborNode

# Attributes whose value is part of the structure; of all others it only counts whether they say something.
STRUCTURAL = frozenset(
    {
        "aria-current",
        "aria-haspopup",
        "aria-hidden",
        "aria-invalid",
        "aria-pressed",
        "aria-selected",
        "autocomplete",
        "checked",
        "class",
        "dir",
        "disabled",
        "hidden",
        "lang",
        "multiple",
        "role",
        "tabindex",
        "type",
    }
)
OUTLINE = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "main", "nav", "aside", "header", "footer"})

ONCE = ("h1", "main", "nav", "aside")


def parse_structure(html: str) -> frozenset[int]:
    """Return a number for each kind of element of a page, and one for the order of headings and landmarks.

    Elements are of one kind if they, their ancestors and their children have the same tags and states.
    """
    document = LexborHTMLParser(html)
    assert document.root is not None
    outline = [node.tag for node in document.root.traverse() if node.tag in OUTLINE]
    steps = {hash(step) for step in pairwise(outline)}  # a heading is compared with the one before it
    counts = hash(tuple(outline.count(tag) for tag in ONCE))
    return frozenset({*_generate_kinds(document.root, 0), *steps, counts})


def _generate_kinds(node: LexborNode, ancestors: int) -> Iterator[int]:
    chain = hash((ancestors, _describe(node)))
    children = list(node.iter())
    yield hash((chain, frozenset(_describe(child) for child in children)))
    for child in children if node.tag != "svg" else ():
        yield from _generate_kinds(child, chain)


def _describe(node: LexborNode) -> str:
    """Return the tag, its states, which of its other attributes say something, and whether it has a text."""
    attributes = sorted(
        f"{name}={value or ''}" if name in STRUCTURAL else f"{name}{'' if (value or '').strip() else '!'}"
        for name, value in node.attributes.items()
    )
    has_text = bool((node.text(deep=False) or "").strip())
    return f"{node.tag} {' '.join(attributes)} {has_text}"
