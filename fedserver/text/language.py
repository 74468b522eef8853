"""Language tags (BCP 47), as far as posts need them: `en`, `pt-BR`, `zh-Hant`."""

from __future__ import annotations


def normalize_language(tag: str | None) -> str | None:
    """Return the tag in its usual spelling (RFC 5646 §2.1.1), None if it is not one."""
    if not tag or len(tag) > 35 or not tag.isascii():
        return None
    parts = tag.replace("_", "-").split("-")
    if not (2 <= len(parts[0]) <= 3 and parts[0].isalpha()):
        return None
    if not all(1 <= len(part) <= 8 and part.isalnum() for part in parts[1:]):
        return None
    return "-".join([parts[0].lower(), *map(_format_subtag, parts[1:])])


def _format_subtag(part: str) -> str:
    if len(part) == 4 and part.isalpha():
        return part.title()
    return part.upper() if len(part) == 2 else part.lower()
