"""Handles: `ann@o.example`, what people call an account (RFC 7565), and the usernames in them."""

from __future__ import annotations

import unicodedata

from msgspec import Struct

from addresses.hosts import mixes_scripts, normalize_host

# Characters. Mastodon allows 30 for its own accounts; the own actor of a node may be called like its host.
MAX_USERNAME = 200
MAX_HOST = 300  # characters of a host in a text; longer ones are none
MAX_MARKS = 2  # combining marks on one letter: no language needs more, and stacks of them cover other lines
# Letters and marks that nobody can see (Default_Ignorable_Code_Point, unicode.org/reports/tr44).
INVISIBLE_CHARACTERS = frozenset(
    map(
        chr,
        [
            *(0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0),
            *range(0x180B, 0x1810),
            *range(0xFE00, 0xFE10),
            *range(0xE0100, 0xE01F0),
        ],
    )
)


class Handle(Struct, frozen=True):
    """`username@domain`, both in their normal form; the domain is '' for an account of this node."""

    username: str
    domain: str

    def __str__(self) -> str:
        return f"{self.username}@{self.domain}"


class MentionText(Struct, frozen=True):
    """A mention as it stands in a text, and the account that it names; domain None: of this node."""

    text: str
    username: str
    domain: str | None


def normalize_username(text: str) -> str:
    """Return a username of any server in its normal form (NFC), '' if it cannot be one.

    Allowed are letters and digits of any script, underscores, dots and hyphens. Mastodon's own rule is
    `[a-z0-9_]+([.-]+[a-z0-9_]+)*`; Pleroma, PeerTube, WordPress and others allow more.
    """
    if not 0 < len(text) <= MAX_USERNAME:
        return ""
    if text.isascii():
        return text if _is_ascii_username(text) else ""
    name = unicodedata.normalize("NFC", text)
    # Full-width and mathematical letters only look like those of the name that they are mapped to.
    if unicodedata.normalize("NFKC", name) != name or not _has_dots_inside(name) or mixes_scripts(name):
        return ""
    begins_well = name[0] in "_-" or name[0].isalnum()
    return name if begins_well and _is_visible_word(name) else ""


def _is_ascii_username(text: str) -> bool:
    words = text.replace("_", "a").replace("-", ".").split(".")
    return _has_dots_inside(text) and any(words) and all(word.isalnum() for word in words if word)


def _has_dots_inside(text: str) -> bool:
    return not text.startswith(".") and not text.endswith(".")


def _is_visible_word(name: str) -> bool:
    """Return True if all characters are such as usernames have, and none hides or hides behind others."""
    marks = 0
    for letter in name:
        is_mark = unicodedata.category(letter).startswith("M")
        marks = marks + 1 if is_mark else 0
        if (
            marks > MAX_MARKS
            or letter in INVISIBLE_CHARACTERS
            or not (is_mark or is_username_character(letter))
        ):
            return False
    return True


def is_username_character(letter: str) -> bool:
    """Return True for a letter or digit of any script, an underscore, a dot or a hyphen."""
    return letter in "_.-" or unicodedata.category(letter) in ("Lu", "Ll", "Lo", "Lm", "Lt", "Nd")


def normalize_pair(username: str, domain: str) -> tuple[str, str] | None:
    """Return a username in lower case and a domain ('' for this node) as they are compared.

    Returns None if there can be no such account.
    """
    name, host = normalize_username(username).lower(), normalize_host(domain)
    return (name, host) if name and bool(host) is bool(domain) else None


def parse_handle(text: str) -> Handle | None:
    """Return `@ann@o.example`, `ann@o.example` or `acct:ann@o.example` as a handle, None for others."""
    bare = text.strip()
    bare = bare[5:] if bare[:5].lower() == "acct:" else bare
    name, at, host = bare.removeprefix("@").partition("@")
    username, domain = normalize_username(name), normalize_host(host)
    return Handle(username, domain) if at and username and domain else None


def parse_mention(text: str) -> MentionText | None:
    """Return the mention that a text begins with, `@ann` or `@ann@o.example`; None if it begins with none.

    Usernames of this node are ASCII, those of others need not be.
    """
    end = 1
    while end < len(text) and end <= MAX_USERNAME and _is_word_character(text[end]):
        end += 1
    name, rest = text[1:end], text[end:]
    host = _take_host(rest[1:]) if rest.startswith("@") else ""
    if "." in host or ":" in host:
        username, domain = normalize_username(name), normalize_host(host)
        if not username or not domain:
            return None
        return MentionText(f"@{name}@{host}", username.lower(), domain)
    username = _take_ascii(name).rstrip(".-")
    # Local names begin with a letter, a digit or an underscore.
    is_name = 0 < len(username) <= MAX_USERNAME and username[0] not in ".-"
    return MentionText(f"@{username}", username.lower(), None) if is_name else None


def _is_word_character(letter: str) -> bool:
    return is_username_character(letter) or unicodedata.category(letter).startswith("M")


def _take_ascii(text: str) -> str:
    """Return the beginning of a text up to the first letter that is not ASCII."""
    return next((text[:index] for index, letter in enumerate(text) if not letter.isascii()), text)


def _take_host(text: str) -> str:
    """Return the host, perhaps with a port, that a text begins with; it may be malformed.

    Where a sentence goes on without a space, in another script, the host ends before it.
    """
    end = 0
    while end < min(len(text), MAX_HOST) and (_is_word_character(text[end]) or text[end] in "\u200c\u200d"):
        end += 1
    name = text[:end]
    digits = text[end + 1 : end + 6] if text[end : end + 1] == ":" else ""
    port = next((digits[:index] for index, digit in enumerate(digits) if not digit.isdecimal()), digits)
    if port.isascii() and port:
        return f"{name}:{port}"
    name = name.rstrip("-._")
    before, dot, last = name.rpartition(".")
    ascii_end = _take_ascii(last)
    is_other_script = (
        ascii_end and ascii_end != last and "LATIN" not in unicodedata.name(last[len(ascii_end)], "")
    )
    return f"{before}{dot}{ascii_end}" if dot and is_other_script else name
