"""Host names and web addresses, in the one form in which they are stored and compared.

That form is lower case and ASCII, as in DNS: names in other scripts are mapped by UTS 46
(unicode.org/reports/tr46) and written as A-labels (RFC 5891, RFC 3492). People see them in their script again
where that cannot deceive.
"""

from __future__ import annotations

import string
import unicodedata
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import quote

import idna

MAX_LENGTH, MAX_LABEL_LENGTH = 253, 63  # RFC 1035 §2.3.4
MAX_TEXT_LENGTH = 1_000  # a mapped name may be shorter than what was entered
MAX_URL_LENGTH = 2_048
MAX_CACHED = 20_000  # names in memory, about 100 bytes each
MAX_CACHED_URLS = 2_000
DEFAULT_PORTS = {"https": 443, "http": 80}
ACE_PREFIX = "xn--"
# Underscores are not allowed in host names (RFC 1123 §2.1), but some servers have them.
LABEL_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_")
NUMERIC_CHARACTERS = frozenset("0123456789abcdefx")
JOINERS = frozenset("\u200c\u200d")
# Scripts with letters that look like those of another one.
CONFUSABLE_SCRIPTS = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC"})
# Cyrillic letters that look like Latin ones: a name of only these looks like a Latin name.
LATIN_LOOKALIKES = frozenset("асԁеһіјӏорԛѕԝхуѵ")


def split_port(host: str) -> tuple[str, str]:
    """Return the name and the port ('' if there is none) of a host; an IPv6 address has brackets."""
    if host.startswith("["):
        name, bracket, rest = host.partition("]")
        return name + bracket, rest.removeprefix(":")
    name, _, port = host.partition(":")
    return name, port


def normalize_host(text: str, default_port: int = DEFAULT_PORTS["https"]) -> str:
    """Return a host in its normal form, with its port unless that is the default; '' if it is none."""
    text = text.strip()
    return _normalize(text, default_port) if 0 < len(text) <= MAX_TEXT_LENGTH else ""


@lru_cache(MAX_CACHED)
def _normalize(text: str, default_port: int) -> str:
    entered_name, port = split_port(text)
    name = _normalize_name(entered_name)
    if not name or len(text) == len(entered_name):
        return name
    # Anything between the name and the port, and a colon without a port, make it no host.
    if text != f"{entered_name}:{port}" or not _is_port(port):
        return ""
    return name if int(port) == default_port else f"{name}:{int(port)}"


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 5 and 0 < int(text) <= 65_535


def _normalize_name(text: str) -> str:
    """Return a name without port, or an IP address; '' if it is neither."""
    if text.startswith("["):
        return _normalize_ipv6(text)
    try:
        # Also full-width letters and the full stops of other scripts become those of ASCII.
        name = text.lower() if text.isascii() else idna.uts46_remap(text, std3_rules=False)
    except idna.IDNAError:
        return ""
    labels = [_to_ascii_label(label) for label in name.removesuffix(".").split(".")]
    name = ".".join(labels)
    if "" in labels or len(name) > MAX_LENGTH:
        return ""
    if labels[-1][0].isdigit() and set(labels[-1]) <= NUMERIC_CHARACTERS:
        return _normalize_ipv4(name)
    return name


def _normalize_ipv6(text: str) -> str:
    try:
        return f"[{IPv6Address(text[1:-1]).compressed}]" if text.endswith("]") and "%" not in text else ""
    except ValueError:
        return ""


def _normalize_ipv4(name: str) -> str:
    """Return an address in its plain form; '' for octal, hexadecimal and short forms."""
    try:
        return str(IPv4Address(name))
    except ValueError:
        return ""


def _to_ascii_label(label: str) -> str:
    """Return a label as it is in DNS, '' if it is none."""
    if not label.isascii():
        if not _is_unicode_label(label):
            return ""
        label = ACE_PREFIX + label.encode("punycode").decode("ascii")
    elif label.startswith(ACE_PREFIX) and not _decode_label(label):
        return ""
    if not 0 < len(label) <= MAX_LABEL_LENGTH or not set(label) <= LABEL_CHARACTERS:
        return ""
    return "" if label.startswith("-") or label.endswith("-") else label


def _decode_label(label: str) -> str:
    """Return the Unicode form of an A-label, '' if it is not the one spelling of a valid label."""
    encoded = label.removeprefix(ACE_PREFIX)
    try:
        decoded = encoded.encode("ascii").decode("punycode")
        is_canonical = decoded.encode("punycode").decode("ascii") == encoded
    except ValueError:
        return ""
    return decoded if is_canonical and not decoded.isascii() and _is_unicode_label(decoded) else ""


def _is_unicode_label(label: str) -> bool:
    if len(label) > MAX_LABEL_LENGTH:
        return False
    try:
        idna.check_label(label)
    except idna.InvalidCodepoint:
        return _is_symbol_label(label)
    except ValueError:
        return False
    return True


def _is_symbol_label(label: str) -> bool:
    """Return True for a label with emoji: IDNA 2008 forbids them, UTS 46 and registries do not."""
    try:
        is_mapped = idna.uts46_remap(label) == label
        idna.check_initial_combiner(label)
        idna.check_hyphen_ok(label)
        idna.check_bidi(label)
    except ValueError:
        return False
    return is_mapped and JOINERS.isdisjoint(label)


@lru_cache(MAX_CACHED)
def to_unicode(host: str) -> str:
    """Return a normalized host as people read it.

    Labels that IDNA 2008 does not allow, or that could be taken for others, stay in ASCII.
    """
    if ACE_PREFIX not in host:
        return host
    name, port = split_port(host)
    shown = ".".join(map(_to_shown_label, name.split(".")))
    return f"{shown}:{port}" if port else shown


def _to_shown_label(label: str) -> str:
    try:
        decoded = idna.ulabel(label)
    except ValueError:
        return label
    is_lookalike = LATIN_LOOKALIKES.issuperset(letter for letter in decoded if letter.isalpha())
    return label if mixes_scripts(decoded) or is_lookalike else decoded


def mixes_scripts(text: str) -> bool:
    """Return True if letters of several scripts stand together that can be taken for one another."""
    scripts = {unicodedata.name(letter, "").partition(" ")[0] for letter in text if letter.isalpha()}
    return len(scripts & CONFUSABLE_SCRIPTS) > 1


def parse_origin(url: str) -> tuple[str, str, int] | None:
    """Return scheme, host and port of an http or https address in their normal form, None for others.

    Addresses with a user, a space, a backslash or anything that cannot be printed are refused: programs
    disagree about their host.
    """
    return _parse_origin(url) if 8 < len(url) <= MAX_URL_LENGTH else None


@lru_cache(MAX_CACHED_URLS)  # the origin of one activity's parts is asked for some twenty times
def _parse_origin(url: str) -> tuple[str, str, int] | None:
    if not url.isprintable() or "\\" in url or " " in url:
        return None
    scheme, separator, rest = url.partition("://")
    scheme = scheme.lower()
    if not separator or scheme not in DEFAULT_PORTS:
        return None
    authority = rest[: _find_authority_end(rest)].removesuffix(":")
    host = normalize_host(authority, DEFAULT_PORTS[scheme])
    if not host:
        return None
    name, port = split_port(host)
    return scheme, name, int(port or DEFAULT_PORTS[scheme])


def _find_authority_end(rest: str) -> int:
    """Return where the host and port of an address end; `rest` is what follows its `://`."""
    return min((place for mark in "/?#" if (place := rest.find(mark)) >= 0), default=len(rest))


def find_host(url: str) -> str:
    """Return the host of an http or https address, with a port that is not the default; '' for others."""
    parsed = parse_origin(url)
    return _join_host(*parsed) if parsed is not None else ""


def _join_host(scheme: str, name: str, port: int) -> str:
    return name if port == DEFAULT_PORTS[scheme] else f"{name}:{port}"


def normalize_url(url: str) -> str:
    """Return an http or https address in ASCII, its scheme and host in normal form; '' for others."""
    url = url.strip()
    parsed = parse_origin(url)
    if parsed is None:
        return ""
    scheme, rest = parsed[0], url.partition("://")[2]
    # Everything visible in ASCII stays as it is; the rest is percent-encoded (RFC 3987 §3.1).
    return (
        f"{scheme}://{_join_host(*parsed)}{quote(rest[_find_authority_end(rest) :], safe=string.punctuation)}"
    )
