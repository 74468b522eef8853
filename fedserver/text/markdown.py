"""Markdown to HTML that is not yet safe: CommonMark with tables, footnotes, task lists and bare addresses.

HTML in Markdown is passed on where it is an element of a text (`<sub>`, `<details>`) or a comment, for the
sanitizer to check. Anything else in angle brackets stays text, as in `List<String>`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock, html_block
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.footnote.index import (
    render_footnote_anchor,
    render_footnote_caption,
    render_footnote_ref,
)

from fedserver.text.names import BREAKS, HASHES
from fedserver.text.sanitize import ARTICLE_TAGS, BLOCK_TAGS

MAX_WORD_LENGTH = 4_096  # the search for bare addresses takes quadratic time in the length of a word
MAX_TAG_LENGTH = 2_048  # room for an address in it; the search for the end of a tag is bounded by it
ELEMENTS = ARTICLE_TAGS | BLOCK_TAGS | nh3.ALLOWED_TAGS | {"picture", "source"}
_TAG = re.compile(
    r"</?([A-Za-z][A-Za-z0-9]*)"
    r"""(?:\s+[A-Za-z_:][\w.:-]*(?:\s*=\s*(?:[^\s"'=<>`]+|'[^']*'|"[^"]*"))?)*\s*/?>"""
)
_TAG_NAME = re.compile(r"</?([A-Za-z][A-Za-z0-9]*)(?=[\s/>])")
_LONG_WORD = re.compile(f"[^{BREAKS}]{{{MAX_WORD_LENGTH + 1}}}")
HAS_PLACES = "has_places"  # in the environment of the renderer
TASK_MARKS = {"[ ] ": "", "[x] ": " checked", "[X] ": " checked"}


def to_html(text: str, *, has_places: bool) -> str:
    """Return the HTML of Markdown, not yet safe.

    Without `has_places` footnotes are not linked, as a text whose elements have no ids has no such places.
    """
    parser = _without_bare_links if _LONG_WORD.search(text) else _markdown
    html: str = parser.renderer.render(parser.parse(text), parser.options, {HAS_PLACES: has_places})
    return html


def _render_footnote_mark(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    """Return the mark that refers to a footnote."""
    if env[HAS_PLACES]:
        return render_footnote_ref(renderer, tokens, index, options, env)
    return f"<sup>{render_footnote_caption(renderer, tokens, index, options, env)}</sup>"


def _render_footnote_return(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    """Return the link from a footnote back to its mark."""
    return render_footnote_anchor(renderer, tokens, index, options, env) if env[HAS_PLACES] else ""


def _parse_html_block(state: StateBlock, first_line: int, last_line: int, silent: bool) -> bool:
    """Take a block of HTML, if it begins with a comment or an element of a text."""
    start = state.bMarks[first_line] + state.tShift[first_line]
    match = _TAG_NAME.match(state.src, start, state.eMarks[first_line] + 1)
    is_element = match is not None and match[1].lower() in ELEMENTS
    if not is_element and not state.src.startswith("<!--", start):
        return False
    return html_block(state, first_line, last_line, silent)


def _parse_html_inline(state: StateInline, silent: bool) -> bool:
    """Take a tag of an element of a text, or a comment."""
    if state.src[state.pos] != "<":
        return False
    end = _find_comment_end(state) if state.src.startswith("<!--", state.pos) else _find_tag_end(state)
    if end < 0:
        return False
    if not silent:
        token = state.push("html_inline", "", 0)
        token.content = state.src[state.pos : end]
        name = token.content[:3].lower()
        state.linkLevel += 1 if name in {"<a ", "<a>"} else -1 if name == "</a" else 0
    state.pos = end
    return True


def _find_tag_end(state: StateInline) -> int:
    match = _TAG.match(state.src, state.pos, state.pos + MAX_TAG_LENGTH)
    return match.end() if match is not None and match[1].lower() in ELEMENTS else -1


def _find_comment_end(state: StateInline) -> int:
    """Return where a comment ends, -1 if it does not; a text is searched once only if none does."""
    if state.env.get("unclosed_comments") == len(state.src):
        return -1
    end = state.src.find("-->", state.pos + 4)
    if end < 0:
        state.env["unclosed_comments"] = len(state.src)
    return end + 3 if end >= 0 else -1


def _mark_tasks(state: StateCore) -> None:
    """Put a box before each item of a list that begins with `[ ]` or `[x]`, as GitHub does."""
    for index in range(2, len(state.tokens)):
        token, opens = state.tokens[index], [other.type for other in state.tokens[index - 2 : index]]
        if token.type != "inline" or opens != ["list_item_open", "paragraph_open"] or not token.children:
            continue
        checked = TASK_MARKS.get(token.content[:4])
        if checked is not None and token.children[0].content.startswith(token.content[:3]):
            token.children[0].content = token.children[0].content[3:]
            box = Token("html_inline", "", 0, content=f'<input type="checkbox"{checked}>')
            token.children.insert(0, box)


def _protect_escaped_marks(state: StateCore) -> None:
    r"""Put `\@` and `\#` into an element of their own: the author does not want a mention or a hashtag."""
    for token in state.tokens:
        for child in token.children or ():
            if child.type == "text_special" and child.info == "escape" and child.content in {"@", *HASHES}:
                child.type, child.content = "html_inline", f"<span>{child.content}</span>"


def _build_parser(*, linkify: bool) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True, "linkify": linkify})
    parser.enable(["table", "strikethrough", *(["linkify"] if linkify else [])]).use(footnote_plugin)
    parser.add_render_rule("footnote_ref", _render_footnote_mark)
    parser.add_render_rule("footnote_anchor", _render_footnote_return)
    parser.block.ruler.at("html_block", _parse_html_block, {"alt": ["paragraph", "reference", "blockquote"]})
    parser.inline.ruler.at("html_inline", _parse_html_inline)
    parser.core.ruler.after("inline", "task_lists", _mark_tasks)
    parser.core.ruler.before("text_join", "escaped_marks", _protect_escaped_marks)
    return parser


_markdown, _without_bare_links = _build_parser(linkify=True), _build_parser(linkify=False)
