"""Which elements a page has, without its words and ids: pages of one structure have the same barriers."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

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


@dataclass(frozen=True)
class PageStructure:
    """The hash of what is inside `main` and beside it, and of the frame around that."""

    content: str
    frame: str


def parse_structure(html: str) -> PageStructure:
    """Return the structure of a page: the same for two pages that differ in words, ids and repetitions."""
    document = LexborHTMLParser(html)
    contents = []
    for node in document.css("main, aside.context"):
        contents.append(_describe(node))
        node.decompose()
    assert document.root is not None
    return PageStructure(_hash("".join(contents)), _hash(_describe(document.root)))


def _describe(node: LexborNode) -> str:
    """Return tag, attributes and children; of children with one structure the first stands for all."""
    attributes = sorted(
        f"{name}={value or ''}" if name in STRUCTURAL else f"{name}{'' if (value or '').strip() else '!'}"
        for name, value in node.attributes.items()
    )
    children = dict.fromkeys(
        "T" if child.tag == "-text" else _describe(child)
        for child in node.iter(include_text=True)
        if child.tag != "-text" or (child.text_content or "").strip()
    )
    return f"<{node.tag} {' '.join(attributes)}>{''.join(children)}</>"


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()
