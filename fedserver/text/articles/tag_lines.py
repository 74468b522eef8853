"""The hashtags of an article, in its last line: apps and other servers know no field for them."""

from __future__ import annotations

import re

from fedserver.text.names import HASHES, is_hashtag

_LAST_LINE = re.compile(r"(?:\A|\n[ \t]*\n)[ \t]*([#＃]\S+(?:[ \t]+[#＃]\S+)*)[ \t]*\Z")


def split_tag_line(text: str) -> tuple[str, str]:
    """Return a text without a last line of nothing but hashtags, and these hashtags without their `#`."""
    match = _LAST_LINE.search(text.rstrip())
    if match is None:
        return text, ""
    names = [word.lstrip(HASHES) for word in match[1].split()]
    if not all(map(is_hashtag, names)):
        return text, ""
    return text[: match.start()], " ".join(names)


def parse_tags(field: str) -> list[str]:
    """Return the hashtags of a field, each once, between spaces or commas, with or without `#`."""
    names = [word.strip(HASHES) for word in re.split(r"[\s,،、;]+", field)]
    return list({name.casefold(): name for name in names if name}.values())


def add_tag_line(text: str, names: list[str]) -> str:
    """Return a text with its hashtags in the last line."""
    return f"{text.rstrip()}\n\n{' '.join(f'#{name}' for name in names)}" if names else text
