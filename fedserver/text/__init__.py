"""Text: from what a member or a peer wrote to safe HTML, and back to plain words."""

from fedserver.text.emoji import is_emoji
from fedserver.text.excerpts import excerpt, reading_minutes, shortened, slugify
from fedserver.text.hyperlinks import links_out
from fedserver.text.language import normal_language
from fedserver.text.languages import LANGUAGES
from fedserver.text.markup import MentionLink, count_characters, fold_tag, render_markdown, render_plain, scan
from fedserver.text.page_links import page_links
from fedserver.text.previews import Preview, read_oembed, read_page
from fedserver.text.sanitize import (
    clean_article,
    clean_name,
    clean_post,
    clean_profile,
    clean_text,
    to_text,
    web_address,
)
from fedserver.text.words import fold, phrase, words

__all__ = [
    "LANGUAGES",
    "MentionLink",
    "Preview",
    "clean_article",
    "clean_name",
    "clean_post",
    "clean_profile",
    "clean_text",
    "count_characters",
    "excerpt",
    "fold",
    "fold_tag",
    "is_emoji",
    "links_out",
    "normal_language",
    "page_links",
    "phrase",
    "read_oembed",
    "read_page",
    "reading_minutes",
    "render_markdown",
    "render_plain",
    "scan",
    "shortened",
    "slugify",
    "to_text",
    "web_address",
    "words",
]
