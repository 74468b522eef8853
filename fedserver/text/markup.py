"""The text that a member wrote, rendered as HTML as Mastodon clients expect it.

Two steps, as mentions need the database: `scan` finds the names, and the `render_` functions write links for
those that are known. Links, mentions and hashtags are found by one left-to-right pass over words, without
regular expressions, so no text can make it slow. Markdown goes through markdown-it and then the same
sanitizer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin
from msgspec import Struct

from addresses.handles import parse_mention
from fedserver.text.sanitize import clean_article, clean_post, clean_text

MAX_NAMES = 100
MAX_URL_LENGTH = 2_048
URL_LENGTH = 23  # every address counts as this many characters (docs.joinmastodon.org/user/posting)
OPENING = "([{<\"'«“‘*_~"
CLOSING = ".,;:!?)]}>\"'»”’…*~"
QUOTES = "«»“”‘’…"
BREAKS = " \t\n\u00a0\u3000"

Name = tuple[str, str | None]  # username in lower case, normalized domain (None: ours)


class MentionLink(Struct, frozen=True):
    """The address of a mentioned account, and its label after the @."""

    url: str
    label: str


class Scan(Struct, frozen=True):
    """The names in a text, each once, in order."""

    mentions: tuple[Name, ...]
    hashtags: tuple[str, ...]


class Piece(Struct, frozen=True):
    """A part of a text: kind is text, url, mention or hashtag."""

    kind: str
    text: str
    name: Name | None = None


TagUrl = Callable[[str], str]
Mentions = Mapping[Name, MentionLink]


def split_pieces(text: str) -> list[Piece]:
    """Split a text at its addresses, mentions and hashtags."""
    pieces: list[Piece] = []
    start = 0
    for begin, end in _find_words(text):
        first = begin
        while first < end and text[first] in OPENING:
            first += 1
        piece = _parse_piece(text[first:end])
        if piece is None:
            continue
        if first > start:
            pieces.append(Piece("text", text[start:first]))
        pieces.append(piece)
        start = first + len(piece.text)
    if start < len(text):
        pieces.append(Piece("text", text[start:]))
    return pieces


def _find_words(text: str) -> list[tuple[int, int]]:
    words: list[tuple[int, int]] = []
    begin = -1
    for index, letter in enumerate(text):
        if letter in BREAKS:
            if begin >= 0:
                words.append((begin, index))
                begin = -1
        elif begin < 0:
            begin = index
    if begin >= 0:
        words.append((begin, len(text)))
    return words


def _parse_piece(word: str) -> Piece | None:
    if word.startswith(("https://", "http://")) and len(word) <= MAX_URL_LENGTH:
        address = _trim_address(word)
        return Piece("url", address) if len(address.partition("://")[2]) > 2 else None
    if word.startswith("@"):
        return _parse_mention(word)
    if word.startswith("#"):
        return _parse_hashtag(word)
    return None


def _trim_address(word: str) -> str:
    """Return an address without the punctuation that follows it; a bracket that it opened stays."""
    end = len(word)
    while end:
        last = word[end - 1]
        if last == ")" and word.count("(", 0, end) >= word.count(")", 0, end):
            break
        if last not in CLOSING:
            break
        end -= 1
    return word[:end]


def _parse_mention(word: str) -> Piece | None:
    mention = parse_mention(word)
    return Piece("mention", mention.text, (mention.username, mention.domain)) if mention is not None else None


def _parse_hashtag(word: str) -> Piece | None:
    end = 1
    while end < len(word) and (word[end].isalnum() or word[end] in "_·" or not word[end].isascii()):
        if word[end] in QUOTES:
            break
        end += 1
    name = word[1:end].rstrip("·_") or ""
    if not name or len(name) > 100 or not any(letter.isalpha() for letter in name):
        return None
    return Piece("hashtag", "#" + name)


def scan(text: str) -> Scan:
    """Return the mentions and hashtags in `text`."""
    pieces = split_pieces(clean_text(text, len(text)))
    mentions = dict.fromkeys(piece.name for piece in pieces if piece.name is not None)
    hashtags = dict.fromkeys(piece.text[1:] for piece in pieces if piece.kind == "hashtag")
    return Scan(tuple(mentions)[:MAX_NAMES], tuple(hashtags)[:MAX_NAMES])


def fold_tag(name: str) -> str:
    """Return a hashtag in the form in which hashtags are compared."""
    return name.lstrip("#").casefold()


def count_characters(text: str) -> int:
    """Return the length as clients count it: an address 23, a remote mention without its domain."""
    return sum(
        URL_LENGTH
        if piece.kind == "url"
        else len(piece.text.rpartition("@")[0] if piece.text.count("@") > 1 else piece.text)
        for piece in split_pieces(text)
    )


def render_plain(text: str, mentions: Mentions, tag_url: TagUrl) -> str:
    """Return safe HTML of a plain text: paragraphs at empty lines, breaks at line ends."""
    paragraphs = [part for part in clean_text(text, len(text)).strip().split("\n\n") if part.strip()]
    return "".join(f"<p>{_render_inline(part.strip(), mentions, tag_url)}</p>" for part in paragraphs)


def _render_inline(text: str, mentions: Mentions, tag_url: TagUrl) -> str:
    return "".join(_render_piece(piece, mentions, tag_url) for piece in split_pieces(text))


def _render_piece(piece: Piece, mentions: Mentions, tag_url: TagUrl) -> str:
    if piece.kind == "url":
        return render_link(piece.text)
    if piece.kind == "hashtag":
        name = piece.text[1:]
        address = escape(tag_url(fold_tag(name)))
        return f'<a href="{address}" class="mention hashtag" rel="tag">#<span>{escape(name)}</span></a>'
    if piece.name is not None and piece.name in mentions:
        link = mentions[piece.name]
        anchor = f'<a href="{escape(link.url)}" class="u-url mention">@<span>{escape(link.label)}</span></a>'
        return f'<span class="h-card" translate="no">{anchor}</span>'
    return escape(piece.text, quote=False).replace("\n", "<br>")


def render_link(address: str) -> str:
    """Return a link whose scheme and tail are hidden, so that long addresses are short on the screen."""
    scheme, _, rest = address.partition("://")
    rest_start = rest.removeprefix("www.")
    hidden = f"{scheme}://" + rest[: len(rest) - len(rest_start)]
    visible, tail = rest_start[:30], rest_start[30:]
    ellipsis = ' class="ellipsis"' if tail else ""
    return (
        f'<a href="{escape(address)}" rel="nofollow noopener" translate="no">'
        f'<span class="invisible">{escape(hidden)}</span><span{ellipsis}>{escape(visible)}</span>'
        f'<span class="invisible">{escape(tail)}</span></a>'
    )


MAX_WORD_LENGTH = 4_096  # the search for bare addresses takes quadratic time in the length of a word


def _build_parser(*, linkify: bool) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "linkify": linkify})
    return parser.enable(["table", "strikethrough", *(["linkify"] if linkify else [])]).use(footnote_plugin)


_markdown, _without_bare_links = _build_parser(linkify=True), _build_parser(linkify=False)


def render_markdown(text: str, mentions: Mentions, tag_url: TagUrl, *, article: bool) -> str:
    """Return safe HTML of Markdown (CommonMark, tables, footnotes); names in code and links stay text."""
    text = clean_text(text, len(text))
    has_long_word = any(end - begin > MAX_WORD_LENGTH for begin, end in _find_words(text))
    parser = _without_bare_links if has_long_word else _markdown
    tokens = parser.parse(text)
    for token in tokens:
        if token.type == "inline" and token.children:
            token.children = _link_names(token.children, mentions, tag_url)
    html = parser.renderer.render(tokens, parser.options, {})
    return clean_article(html) if article else clean_post(html)


def _link_names(tokens: list[Token], mentions: Mentions, tag_url: TagUrl) -> list[Token]:
    linked: list[Token] = []
    depth = 0
    for token in tokens:
        depth += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        if token.type != "text" or depth:
            linked.append(token)
            continue
        inline: Any = Token("html_inline", "", 0)
        inline.content = _render_inline(token.content, mentions, tag_url)
        linked.append(inline)
    return linked
