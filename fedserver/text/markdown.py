"""Markdown to HTML that is not yet safe: CommonMark with tables, footnotes, task lists and bare addresses.

HTML in Markdown is passed on where it is an element of a text (`<sub>`, `<details>`) or a comment, for the
sanitizer to check. Anything else in angle brackets stays text, as in `List<String>`.
"""

from __future__ import annotations

import re

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, html_block
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

from fedserver.text.names import BREAKS, HASHES
from fedserver.text.sanitize import ARTICLE_TAGS

MAX_WORD_LENGTH = 4_096  # the search for bare addresses takes quadratic time in the length of a word
MAX_TAG_LENGTH = 2_048  # room for an address in it; the search for the end of a tag is bounded by it
ELEMENTS = ARTICLE_TAGS | nh3.ALLOWED_TAGS
_TAG = re.compile(
    r"</?([A-Za-z][A-Za-z0-9]*)"
    r"""(?:\s+[A-Za-z_:][\w.:-]*(?:\s*=\s*(?:[^\s"'=<>`]+|'[^']*'|"[^"]*"))?)*\s*/?>"""
)
_TAG_NAME = re.compile(r"</?([A-Za-z][A-Za-z0-9]*)(?=[\s/>])")
_LONG_WORD = re.compile(f"[^{BREAKS}]{{{MAX_WORD_LENGTH + 1}}}")
TASK_MARKS = {"[ ] ": "", "[x] ": " checked", "[X] ": " checked"}


def to_html(text: str, *, pictures: bool) -> str:
    """Return the HTML of Markdown, not yet safe; without `pictures` each of them is a link."""
    parser = _without_bare_links if _LONG_WORD.search(text) else _markdown
    tokens = parser.parse(text)
    if not pictures:
        for token in tokens:
            token.children = _link_pictures(token.children) if token.children else token.children
    html: str = parser.renderer.render(tokens, parser.options, {})
    return html


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


def _link_pictures(tokens: list[Token]) -> list[Token]:
    """Return the parts of a line with a link in the place of each picture: short posts show none."""
    linked: list[Token] = []
    depth = 0
    for token in tokens:
        depth += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        if token.type != "image":
            linked.append(token)
            continue
        address = str(token.attrs.get("src", ""))
        label = Token("text", "", 0, content=token.content or address)
        link = Token("link_open", "a", 1, attrs={"href": address})
        linked += [label] if depth else [link, label, Token("link_close", "a", -1)]
    return linked


def _build_parser(*, linkify: bool) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True, "linkify": linkify})
    parser.enable(["table", "strikethrough", *(["linkify"] if linkify else [])]).use(footnote_plugin)
    parser.block.ruler.at("html_block", _parse_html_block, {"alt": ["paragraph", "reference", "blockquote"]})
    parser.inline.ruler.at("html_inline", _parse_html_inline)
    parser.core.ruler.after("inline", "task_lists", _mark_tasks)
    parser.core.ruler.before("text_join", "escaped_marks", _protect_escaped_marks)
    return parser


_markdown, _without_bare_links = _build_parser(linkify=True), _build_parser(linkify=False)
