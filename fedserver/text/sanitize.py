"""Sanitizing of HTML from remote servers and of our own Markdown: one allow-list for every source.

nh3 (Ammonia) drops scripts, handlers, styles and unsafe addresses; classes are those that clients know
(docs.joinmastodon.org/spec/activitypub#sanitization). Addresses are made absolute: a relative one from a
remote server would lead to our own node. Names are cut, and direction marks are removed from them. Control
characters are removed before HTML is parsed, and after: a parser makes them from references (`&#1;`).
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

from addresses.hosts import parse_origin
from fedserver.text.characters import remove_controls

MAX_HTML_LENGTH, MAX_OPEN_ELEMENTS, MAX_ROUNDS = 500_000, 300, 5
VOID_ELEMENTS = frozenset(
    {"br", "img", "hr", "input", "wbr", "col", "area", "base", "link", "meta", "source", "embed"}
)
PRE_LEADING_NEWLINES = re.compile(r'(<pre(?: (?:"[^"]*"|[^">])*)?>)\n+')
WEB_SCHEMES = {"http", "https"}
# As Mastodon keeps them: links that lead to another program, which asks before it does anything.
LINK_SCHEMES = WEB_SCHEMES | {
    "dat", "dweb", "gemini", "gopher", "ipfs", "ipns", "magnet", "mailto", "ssb", "tel", "xmpp",
}  # fmt: skip
# What is quoted from a machine or for one (HTML §4.5.15-4.5.18): names in it are no names.
CODE_TAGS = {"code", "kbd", "samp", "tt", "var"}
PROFILE_TAGS = {"p", "br", "a", "span", "em", "strong", "b", "i", "u", "s", "del", "code", "div"}
POST_TAGS = PROFILE_TAGS | CODE_TAGS | {
    "pre", "blockquote", "ul", "ol", "li", "h1", "h2", "h3", "h4", "h5", "h6", "sup", "sub", "hr",
    "mark", "details", "summary", "input", "table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td",
    "dl", "dt", "dd", "abbr", "cite", "dfn", "ins", "q", "rp", "rt", "ruby", "small",
}  # fmt: skip
# Elements that begin a line (html.spec.whatwg.org §15.3): where one is not allowed, it becomes a `div`, or
# its words would stick to those beside it.
BLOCK_TAGS = frozenset({
    "address", "article", "aside", "blockquote", "caption", "center", "dd", "details", "dialog", "dir", "dl",
    "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header",
    "hgroup", "legend", "li", "listing", "main", "menu", "nav", "ol", "pre", "search", "section", "summary",
    "table", "td", "th", "tr", "ul",
})  # fmt: skip
ARTICLE_TAGS = POST_TAGS | {"img", "figure", "figcaption", "section"}
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
ID_PREFIX = "user-content-"  # no id of a text can stand for one of our pages, or for a name in a script
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
    "code": {"lang", "class"},  # the class is the language of a program: see `_filter_attribute`
    "details": {"open"},
    "abbr": {"title"},
}
ATTRIBUTE_VALUES = {"input": {"type": {"checkbox"}, "checked": {"", "checked"}}}
# Places that links lead to: headings, and notes at the foot of the text with the marks that refer to them.
ID_TAGS = (*HEADINGS, "a", "li", "sup")
MAX_ID_LENGTH = 100
CODE_LANGUAGE = re.compile(r"language-[a-z0-9+#.-]{1,20}")
TEXT_BLOCKS = ", ".join(sorted((BLOCK_TAGS | {"p", "div"}) - {"td", "th"}))
OTHER_INPUT = re.compile(r'<input(?![^>]* type="checkbox")[^>]*>')
ATTRIBUTES_NO_CLASS = {
    tag: names if tag not in ALLOWED_CLASSES else {name for name in names if name != "class"}
    for tag, names in ATTRIBUTES.items()
}
# Marks that reverse or hide the order of text: with them a name can look like another.
BIDI = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C])


NOT_IN_IDS = frozenset(" \t\n\r\"'<>&")
# What browsers drop before they read an address (url.spec.whatwg.org): at its ends, and anywhere in it.
ADDRESS_ENDS = "".join(map(chr, range(33)))
ADDRESS_BREAKS = dict.fromkeys(map(ord, "\t\r\n"))
_base: ContextVar[tuple[str, str]] = ContextVar("base", default=("", ""))


def _filter_attribute(element: str, attribute: str, value: str) -> str | None:
    """Return the value of an attribute, or None to drop it; addresses are resolved against the base."""
    if attribute == "id":
        return value if value and len(value) <= MAX_ID_LENGTH and not set(value) & NOT_IN_IDS else None
    if attribute == "class" and element == "code":
        return value if CODE_LANGUAGE.fullmatch(value) else None
    if attribute not in ("href", "src"):
        return value
    address = value.translate(ADDRESS_BREAKS).strip(ADDRESS_ENDS)
    if _is_absolute(address):
        return address
    if element == "a" and _names_other_program(address):
        return address
    base, page = _base.get()
    try:
        joined = urljoin(page if address.startswith("#") else base, address)
    except ValueError:
        return None
    return joined if _is_absolute(joined) else None


def _is_absolute(address: str) -> bool:
    # Not `https:x`, which is relative on a page of that scheme (url.spec.whatwg.org).
    return address[:8].lower().startswith(("https://", "http://"))


def _names_other_program(address: str) -> bool:
    scheme, colon, rest = address.partition(":")
    return bool(colon and rest) and scheme.lower() in LINK_SCHEMES - WEB_SCHEMES


class _Cleaner:
    """The elements and attributes that one kind of text may have."""

    def __init__(self, tags: AbstractSet[str], rel: str, *, with_ids: bool = False) -> None:
        self._allowed = _build_cleaner(tags, rel, with_ids=with_ids)
        names = "|".join(sorted(BLOCK_TAGS - tags))
        self._other_blocks = re.compile(rf"<(/?)(?:{names})(?=[\s/>])", re.IGNORECASE)

    def clean(self, html: str) -> str:
        """Return `html` with only these; of others their content stays, in blocks if they were blocks."""
        return self._allowed.clean(self._other_blocks.sub(r"<\1div", html))


def _build_cleaner(tags: AbstractSet[str], rel: str, *, with_ids: bool = False) -> nh3.Cleaner:
    ids = {tag: {"id"} for tag in ID_TAGS} if with_ids else {}
    attributes = {tag: ATTRIBUTES_NO_CLASS.get(tag, set()) | ids.get(tag, set()) for tag in tags}
    return nh3.Cleaner(
        tags=set(tags),
        attributes={tag: names for tag, names in attributes.items() if names},
        tag_attribute_values={tag: values for tag, values in ATTRIBUTE_VALUES.items() if tag in tags},
        set_tag_attribute_values={"input": {"disabled": ""}} if "input" in tags else {},
        id_prefix=ID_PREFIX if with_ids else None,
        allowed_classes={tag: names for tag, names in ALLOWED_CLASSES.items() if tag in tags},
        attribute_filter=_filter_attribute,
        url_schemes=LINK_SCHEMES,
        link_rel=rel,
        clean_content_tags={"script", "style", "iframe", "object", "noscript", "template", "svg", "math"},
        strip_comments=True,
    )


_post = _Cleaner(POST_TAGS, "nofollow noopener")
_note = _Cleaner(POST_TAGS | {"img"}, "nofollow noopener")
_article = _Cleaner(ARTICLE_TAGS, "nofollow noopener", with_ids=True)
EXTERNAL_REL = "nofollow noopener"
PROFILE_REL = f"{EXTERNAL_REL} me"
MENTION_CLASSES = ("u-url mention", "mention u-url", "mention hashtag", "mention")
_profile = _Cleaner(PROFILE_TAGS, PROFILE_REL)


def clean_post(html: str, base: str = "", page: str = "") -> str:
    """Return safe HTML of a short post.

    Relative addresses are resolved against `base`, those of `#places` against `page` (without one, against
    `base` too); they are dropped if there is none.
    """
    return _clean(_post, html, base, page)


def clean_note(html: str, base: str = "", page: str = "") -> str:
    """Return safe HTML of a member's short post: as `clean_post`, but pictures stay, to become links."""
    return _clean(_note, html, base, page)


def clean_article(html: str, base: str = "", page: str = "") -> str:
    """Return safe HTML of an article: as `clean_post`, but pictures stay, and ids get a prefix."""
    return _clean(_article, html, base, page)


def clean_profile(html: str, base: str = "") -> str:
    """Return safe HTML of a note or field on a profile; `base` as in `clean_post`.

    Links get `rel="me"`, except mentions and hashtags, which are not about the same person.
    """
    cleaned = _clean(_profile, html, base, "")
    for classes in MENTION_CLASSES:
        cleaned = cleaned.replace(
            f'class="{classes}" rel="{PROFILE_REL}"', f'class="{classes}" rel="{EXTERNAL_REL}"'
        )
    return cleaned


def _clean(cleaner: _Cleaner, html: str, base: str, page: str) -> str:
    """Clean until nothing changes, as the content of a dropped element may be parsed in another way.

    Returns only the text if that takes more than MAX_ROUNDS.
    """
    token = _base.set((base, page or base))
    current = limit_nesting(html)
    try:
        for _ in range(MAX_ROUNDS):
            # guard: sanitizer @argument1
            cleaned = cleaner.clean(current)
            # Every parser drops a line end after <pre> (HTML §13.2.6.4.7): without any the result is stable.
            stripped = PRE_LEADING_NEWLINES.sub(r"\1", remove_controls(cleaned))
            stripped = OTHER_INPUT.sub("", stripped)
            if stripped == current:
                return stripped
            current = stripped
    finally:
        _base.reset(token)
    return escape(to_text(current), quote=False)


def clean_name(text: str, limit: int = 100) -> str:
    """Return one line of plain text of at most `limit` code points.

    Control and direction marks are removed, and combining marks after the third on one letter. Returns ''
    if nothing of it can be seen.
    """
    line = " ".join(remove_controls(text).translate(BIDI).split())
    letters: list[str] = []
    marks = 0
    for letter in line:
        if unicodedata.category(letter) in ("Cc", "Cs", "Co"):
            continue
        marks = marks + 1 if unicodedata.combining(letter) else 0
        if marks <= 3:
            letters.append(letter)
    name = " ".join("".join(letters).split())[:limit].strip()
    is_visible = any(unicodedata.category(letter) not in ("Cf", "Mn", "Me") for letter in name)
    return name if is_visible else ""


def clean_text(text: str, limit: int) -> str:
    """Return lines of plain text without control characters, at most `limit` code points."""
    return remove_controls(text).replace("\r\n", "\n").replace("\r", "\n")[:limit]


def to_text(html: str) -> str:
    """Return the text in HTML; paragraphs and breaks become line ends."""
    tree = LexborHTMLParser(limit_nesting(html))
    body = tree.body
    if body is None:
        return ""
    for node in tree.css("br"):
        node.replace_with("\n")
    for node in tree.css("td, th"):
        node.insert_after(" ")
    for node in tree.css(TEXT_BLOCKS):
        node.insert_before("\n\n")
        node.insert_after("\n\n")
    lines = [" ".join(line.split()) for line in remove_controls(body.text(deep=True)).split("\n")]
    joined: list[str] = []
    for line in lines:
        if line or (joined and joined[-1]):
            joined.append(line)
    return "\n".join(joined).strip()


def to_web_url(text: str) -> str:
    """Return `text` if it is an http(s) address that may be linked, else ''."""
    text = text.strip()
    return text if parse_origin(text) is not None else ""


def limit_nesting(html: str) -> str:
    """Return `html`, or only its text if more than MAX_OPEN_ELEMENTS are open at once.

    HTML parsers take quadratic time on elements that are nested without end; this pass is linear.
    """
    html = remove_controls(html)[:MAX_HTML_LENGTH]
    opened: dict[str, int] = {}
    unclosed = 0
    start = html.find("<")
    while start >= 0:
        name, closes = _parse_tag(html, start)
        if closes and opened.get(name):
            opened[name] -= 1
            unclosed -= 1
        elif name and not closes and name not in VOID_ELEMENTS:
            opened[name] = opened.get(name, 0) + 1
            unclosed += 1
        if unclosed > MAX_OPEN_ELEMENTS:
            return f"<p>{escape(_strip_tags(html), quote=False)}</p>"
        start = html.find("<", start + 1)
    return html


def _parse_tag(html: str, start: int) -> tuple[str, bool]:
    """Return the name of the tag that begins at `start` ('' for none), and whether it is a closing one."""
    closes = html.startswith("</", start)
    first = start + 2 if closes else start + 1
    end = first
    while end < len(html) and end - first < 20 and html[end].isalnum():
        end += 1
    return html[first:end].lower(), closes


def _strip_tags(html: str) -> str:
    parts = html.split("<")
    return " ".join([parts[0], *(part.partition(">")[2] for part in parts[1:])]).strip()
