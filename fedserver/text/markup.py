"""The text that a member wrote, rendered as HTML as Mastodon clients expect it.

Two steps, as mentions need the database: a `parse_` function returns the HTML with the names that can be
linked in it, and `render` writes links for those that are known. Names are looked for in the finished HTML:
so who is notified and which hashtags a text has is exactly what its reader sees as links. Markdown, and the
HTML that it may contain, goes through the sanitizer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape

from msgspec import Struct

from fedserver.text.anchors import add_anchors
from fedserver.text.articles.figures import build_figures
from fedserver.text.characters import count_graphemes
from fedserver.text.html_parts import split_html
from fedserver.text.markdown import to_html
from fedserver.text.names import Name, Piece, fold_tag, split_pieces
from fedserver.text.pictures import link_pictures
from fedserver.text.sanitize import (
    BLOCK_TAGS,
    CODE_TAGS,
    POST_TAGS,
    clean_article,
    clean_note,
    clean_text,
)

MAX_NAMES = 100
URL_LENGTH = 23  # every address counts as this many characters (docs.joinmastodon.org/user/posting)
PLAIN = "text/plain"
UNLINKED_TAGS = frozenset({"a", "pre", *CODE_TAGS})  # what is in them is quoted, or has a link already
INLINE_TAGS = POST_TAGS - BLOCK_TAGS - {"p", "br", "div", "hr", "input"}


class MentionLink(Struct, frozen=True):
    """The address of a mentioned account, and its label after the @."""

    url: str
    label: str


TagUrl = Callable[[str], str]
Mentions = Mapping[Name, MentionLink]
NO_MENTIONS: Mentions = {}


class ParsedText(Struct, frozen=True):
    """A text as safe HTML without links for its names: at most MAX_NAMES mentions and as many hashtags.

    `parts` are the parts of the HTML, with the pieces of those in which there may be names.
    """

    parts: tuple[tuple[str, tuple[Piece, ...]], ...]
    mentions: tuple[Name, ...]
    hashtags: dict[str, str]  # folded name: as first written

    @property
    def html(self) -> str:
        """The HTML without links for names."""
        return "".join(source for source, _ in self.parts)

    def render(self, mentions: Mentions, tag_url: TagUrl | None) -> str:
        """Return the HTML with links for addresses, hashtags, and the mentions that are known.

        Without `tag_url` hashtags stay text.
        """
        return "".join(
            "".join(self._render(piece, mentions, tag_url) for piece in pieces) if pieces else source
            for source, pieces in self.parts
        )

    def _render(self, piece: Piece, mentions: Mentions, tag_url: TagUrl | None) -> str:
        if piece.kind == "url":
            return render_link(piece.text)
        if piece.kind == "hashtag" and tag_url and (folded := fold_tag(piece.text)) in self.hashtags:
            address, name = escape(tag_url(folded)), escape(piece.text[1:])
            return f'<a href="{address}" class="mention hashtag" rel="tag">#<span>{name}</span></a>'
        if piece.name is not None and piece.name in mentions:
            link = mentions[piece.name]
            anchor = (
                f'<a href="{escape(link.url)}" class="u-url mention">@<span>{escape(link.label)}</span></a>'
            )
            return f'<span class="h-card" translate="no">{anchor}</span>'
        return escape(piece.text, quote=False)


def _find_names(html: str) -> ParsedText:
    """Return sanitized HTML with the names in it that can be linked."""
    parts: list[tuple[str, tuple[Piece, ...]]] = []
    mentions: dict[Name, None] = {}
    hashtags: dict[str, str] = {}
    depth, before = 0, ""
    for part in split_html(html):
        if part.name:
            if part.name in UNLINKED_TAGS:
                depth += -1 if part.closes else 1
            before = before if part.name in INLINE_TAGS else ""
            parts.append((part.source, ()))
            continue
        text = part.text
        pieces = tuple(split_pieces(text, before)) if not depth else ()
        has_names = any(piece.kind != "text" for piece in pieces)
        parts.append((part.source, pieces if has_names else ()))
        for piece in pieces:
            if piece.name is not None and len(mentions) < MAX_NAMES:
                mentions[piece.name] = None
            elif piece.kind == "hashtag" and len(hashtags) < MAX_NAMES:
                hashtags.setdefault(fold_tag(piece.text), piece.text[1:])
        before = text[-1:]
    return ParsedText(tuple(parts), tuple(mentions), hashtags)


def parse_text(
    text: str,
    source_type: str,
    *,
    article: bool = False,
    base: str = "",
    page: str = "",
    media_base: str = "",
) -> ParsedText:
    """Return a text of either type, parsed; the other arguments are those of `parse_markdown`."""
    if source_type == PLAIN:
        return parse_plain(text)
    return parse_markdown(text, article=article, base=base, page=page, media_base=media_base)


def parse_plain(text: str) -> ParsedText:
    """Return a plain text, parsed: paragraphs at empty lines, breaks at line ends."""
    paragraphs = [part.strip() for part in clean_text(text, len(text)).strip().split("\n\n")]
    lines = [escape(part, quote=False).replace("\n", "<br>") for part in paragraphs if part]
    return _find_names("".join(f"<p>{line}</p>" for line in lines))


def render_plain(text: str, mentions: Mentions = NO_MENTIONS, tag_url: TagUrl | None = None) -> str:
    """Return safe HTML of a plain text, as `parse_plain` and `ParsedText.render` do."""
    return parse_plain(text).render(mentions, tag_url)


def parse_markdown(
    text: str, *, article: bool, base: str = "", page: str = "", media_base: str = ""
) -> ParsedText:
    """Return Markdown, parsed (see `markdown`).

    Relative addresses are resolved against `base`, those of `#places` against `page`; without these they are
    dropped. Headings of an article get ids, and its figures captions; `media_base` is how addresses of files
    of this node begin.
    """
    html = to_html(clean_text(text, len(text)), has_places=article)
    if article:
        return _find_names(add_anchors(build_figures(clean_article(html, base, page), media_base), page))
    return _find_names(link_pictures(clean_note(html, base, page)))


def render_markdown(
    text: str,
    mentions: Mentions = NO_MENTIONS,
    tag_url: TagUrl | None = None,
    *,
    article: bool,
    base: str = "",
) -> str:
    """Return safe HTML of Markdown, as `parse_markdown` and `ParsedText.render` do."""
    return parse_markdown(text, article=article, base=base).render(mentions, tag_url)


def count_characters(text: str) -> int:
    """Return the length as clients count it: what a reader sees as one character is one.

    An address counts URL_LENGTH, a remote mention without its domain
    (docs.joinmastodon.org/user/posting/#text).
    """
    return sum(
        URL_LENGTH
        if piece.kind == "url"
        else count_graphemes(
            piece.text if piece.kind != "mention" else "@" + piece.text[1:].partition("@")[0]
        )
        for piece in split_pieces(text)
    )


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
