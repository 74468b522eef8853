"""Text: from what a member or a peer wrote to safe HTML, and back to plain words."""

from fedserver.text.excerpt import excerpt, reading_minutes, shortened, slugify
from fedserver.text.hyperlinks import links_out
from fedserver.text.language import normal_language
from fedserver.text.markup import MentionLink, count_characters, fold_tag, render_markdown, render_plain, scan
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

__all__ = [
    "MentionLink",
    "Preview",
    "clean_article",
    "clean_name",
    "clean_post",
    "clean_profile",
    "clean_text",
    "count_characters",
    "excerpt",
    "fold_tag",
    "links_out",
    "normal_language",
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
]
