"""HTML of strangers, and of our own Markdown, made safe: one allow-list for every source.

nh3 (Ammonia) drops scripts, handlers, styles and odd addresses; classes are those that clients know
(docs.joinmastodon.org/spec/activitypub#sanitization). Addresses are whole or are made whole: one that a
stranger left relative would lead to our own node. Names are cut and freed of marks that turn text around.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Set as AbstractSet
from contextvars import ContextVar
from html import escape
from urllib.parse import urljoin

import nh3
from selectolax.lexbor import LexborHTMLParser

MAX_HTML_LENGTH, MAX_OPEN_ELEMENTS, MAX_ROUNDS = 500_000, 300, 5
VOID_ELEMENTS = frozenset(
    {"br", "img", "hr", "input", "wbr", "col", "area", "base", "link", "meta", "source", "embed"}
)
PRE_LEADING_NEWLINES = re.compile(r'(<pre(?: (?:"[^"]*"|[^">])*)?>)\n+')
SCHEMES = {"http", "https"}
PROFILE_TAGS = {"p", "br", "a", "span", "em", "strong", "b", "i", "u", "s", "del", "code"}
POST_TAGS = PROFILE_TAGS | {"pre", "blockquote", "ul", "ol", "li", "h1", "h2", "h3", "h4", "h5", "h6", "sup"}
ARTICLE_TAGS = POST_TAGS | {
    "img", "figure", "figcaption", "table", "thead", "tbody", "tr", "th", "td", "hr", "sub", "section",
    "details", "summary", "kbd", "mark", "input",
}  # fmt: skip
LINK_CLASSES = {"mention", "hashtag", "h-card", "u-url", "invisible", "ellipsis", "quote-inline"}
ALLOWED_CLASSES: dict[str, set[str]] = {"a": LINK_CLASSES, "span": LINK_CLASSES, "p": {"quote-inline"}}
ATTRIBUTES: dict[str, set[str]] = {
    "a": {"href", "class", "translate"},
    "span": {"class", "translate", "lang"},
    "p": {"lang"},
    "ol": {"start", "reversed"},
    "li": {"value"},
    "img": {"src", "alt", "title", "width", "height"},
    "th": {"align"},
    "td": {"align"},
    "code": {"lang"},
}
ATTRIBUTES_NO_CLASS = {tag: {name for name in names if name != "class"} for tag, names in ATTRIBUTES.items()}
# Marks that reverse or hide the order of text: in a name they can disguise another.
BIDI = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C])


# What browsers drop before they read an address (url.spec.whatwg.org): at its ends, and anywhere in it.
ADDRESS_ENDS = "".join(map(chr, range(33)))
ADDRESS_BREAKS = dict.fromkeys(map(ord, "\t\r\n"))
_base: ContextVar[str] = ContextVar("base", default="")


def _filter_attribute(element: str, attribute: str, value: str) -> str | None:
    """The value of an attribute; an address is completed from the base, or goes."""
    if attribute not in ("href", "src"):
        return value
    address = value.translate(ADDRESS_BREAKS).strip(ADDRESS_ENDS)
    if _is_absolute(address):
        return address
    try:
        joined = urljoin(_base.get(), address)
    except ValueError:
        return None
    return joined if _is_absolute(joined) else None


def _is_absolute(address: str) -> bool:
    # Not `https:x`: on a page of that scheme it is relative.
    return address[:8].lower().startswith(("https://", "http://"))


def _build_cleaner(tags: AbstractSet[str], rel: str) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=set(tags),
        attributes={tag: names for tag, names in ATTRIBUTES_NO_CLASS.items() if tag in tags},
        allowed_classes={tag: names for tag, names in ALLOWED_CLASSES.items() if tag in tags},
        attribute_filter=_filter_attribute,
        url_schemes=SCHEMES,
        link_rel=rel,
        clean_content_tags={"script", "style", "iframe", "object", "noscript", "template", "svg", "math"},
        strip_comments=True,
    )


_post = _build_cleaner(POST_TAGS, "nofollow noopener")
_article = _build_cleaner(ARTICLE_TAGS - {"input"}, "nofollow noopener")
EXTERNAL_REL = "nofollow noopener"
PROFILE_REL = f"{EXTERNAL_REL} me"
MENTION_CLASSES = ("u-url mention", "mention u-url", "mention hashtag", "mention")
_profile = _build_cleaner(PROFILE_TAGS, PROFILE_REL)


def clean_post(html: str, base: str = "") -> str:
    """Safe HTML of a short post. Relative addresses are taken from `base`; without one they go."""
    return _clean(_post, html, base)


def clean_article(html: str, base: str = "") -> str:
    """Safe HTML of an article: headings, images and tables stay; `base` as in `clean_post`."""
    return _clean(_article, html, base)


def clean_profile(html: str, base: str = "") -> str:
    """Safe HTML of a note or field on a profile; `base` as in `clean_post`.

    Links carry `rel="me"`, but not those to other people and to hashtags, who are not the same person.
    """
    found = _clean(_profile, html, base)
    for words in MENTION_CLASSES:
        found = found.replace(f'class="{words}" rel="{PROFILE_REL}"', f'class="{words}" rel="{EXTERNAL_REL}"')
    return found


def _clean(cleaner: nh3.Cleaner, html: str, base: str) -> str:
    """Cleaned until a reader sees in it what we saw: what a dropped element held may be read otherwise."""
    former = _base.set(base)
    found = limit_nesting(html)
    try:
        for _ in range(MAX_ROUNDS):
            # guard: sanitizer @argument1
            cleaned = cleaner.clean(found)
            # Each reader takes a line end after <pre> away (HTML §13.2.6.4.7): with none all see the same.
            made = PRE_LEADING_NEWLINES.sub(r"\1", cleaned)
            if made == found:
                return made
            found = made
    finally:
        _base.reset(former)
    return escape(to_text(found), quote=False)


def clean_name(text: str, limit: int = 100) -> str:
    """One line of plain text: no control or direction marks, no piles of accents, at most `limit` long."""
    line = " ".join(_extract_text(text).translate(BIDI).split())
    kept: list[str] = []
    marks = 0
    for letter in line:
        if unicodedata.category(letter) in ("Cc", "Cs", "Co"):
            continue
        marks = marks + 1 if unicodedata.combining(letter) else 0
        if marks <= 3:
            kept.append(letter)
    return " ".join("".join(kept).split())[:limit].strip()


def clean_text(text: str, limit: int) -> str:
    """Several lines of plain text without NUL and lone surrogates, at most `limit` long."""
    return _extract_text(text).replace("\r\n", "\n").replace("\r", "\n")[:limit]


def to_text(html: str) -> str:
    """The words in HTML; paragraphs and breaks become line ends."""
    tree = LexborHTMLParser(limit_nesting(html))
    body = tree.body
    if body is None:
        return ""
    for node in tree.css("br"):
        node.replace_with("\n")
    for node in tree.css("p, li, h1, h2, h3, h4, h5, h6, blockquote, pre, tr"):
        node.insert_after("\n\n")
    lines = [" ".join(line.split()) for line in body.text(deep=True).split("\n")]
    joined: list[str] = []
    for line in lines:
        if line or (joined and joined[-1]):
            joined.append(line)
    return "\n".join(joined).strip()


def to_web_url(text: str) -> str:
    """`text` if it is an http(s) address that may be linked, else ''."""
    text = text.strip()
    return text if text.startswith(("https://", "http://")) and text.isprintable() and " " not in text else ""


def limit_nesting(html: str) -> str:
    """`html`, or only its words where more elements stay open than any writer leaves open.

    HTML parsers take quadratic time on what is nested without end; this pass is linear.
    """
    html = _extract_text(html)[:MAX_HTML_LENGTH]
    opened: dict[str, int] = {}
    unclosed = 0
    place = html.find("<")
    while place >= 0:
        name, closes = _parse_tag(html, place)
        if closes and opened.get(name):
            opened[name] -= 1
            unclosed -= 1
        elif name and not closes and name not in VOID_ELEMENTS:
            opened[name] = opened.get(name, 0) + 1
            unclosed += 1
        if unclosed > MAX_OPEN_ELEMENTS:
            return f"<p>{escape(_strip_tags(html), quote=False)}</p>"
        place = html.find("<", place + 1)
    return html


def _parse_tag(html: str, place: int) -> tuple[str, bool]:
    """The name of the tag that begins here ('' for none), and whether it is a closing one."""
    closes = html.startswith("</", place)
    start = place + 2 if closes else place + 1
    end = start
    while end < len(html) and end - start < 20 and html[end].isalnum():
        end += 1
    return html[start:end].lower(), closes


def _strip_tags(html: str) -> str:
    parts = html.split("<")
    return " ".join([parts[0], *(part.partition(">")[2] for part in parts[1:])]).strip()


def _extract_text(text: str) -> str:
    return text.replace("\0", "").encode("utf-8", "ignore").decode("utf-8")
