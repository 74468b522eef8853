"""Check single values of the configuration: hosts, addresses, networks, ports and certificates."""

from __future__ import annotations

import ssl
import unicodedata
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from addresses.hosts import normalize_host
from fedserver.marked_text import MarkedError


class ConfigError(MarkedError):
    """The configuration is invalid; the text names the key, the reason and what to write."""


def build_address_error(key: str, value: str, error: ValueError) -> ConfigError:
    return ConfigError(
        "%(key)s: '%(value)s' is not an address (%(reason)s).", key=key, value=value, reason=error
    )


def build_spelling_error(key: str, value: str, normalized: str) -> ConfigError:
    return ConfigError(
        "%(key)s: Please write %(normal)s in place of '%(value)s': in lower case, as other servers see it.",
        key=key,
        normal=normalized,
        value=value,
    )


def build_insecure_error(key: str) -> ConfigError:
    return ConfigError("%(key)s: Please write an https address. Only on loopback may it be http.", key=key)


def check_text(key: str, text: str, *, has_lines: bool) -> None:
    """Raise ConfigError for what XML, headers or UTF-8 cannot hold; `has_lines` allows tabs and line ends."""
    allowed = "\t\n\r" if has_lines else ""
    for place, character in enumerate(text, 1):
        if character not in allowed and _is_unprintable(character):
            raise ConfigError(
                "%(key)s: Character %(place)s of the value (%(code)s) cannot be shown. Please remove it.",
                key=key,
                place=place,
                code=f"U+{ord(character):04X}",
            )


def _is_unprintable(character: str) -> bool:
    """Return True for controls, line ends, noncharacters, and lone surrogates (of variables not in UTF-8)."""
    code = ord(character)
    is_noncharacter = code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
    return is_noncharacter or unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")


def check_network(key: str, text: str) -> None:
    try:
        ip_network(text, strict=False)
    except ValueError as error:
        raise ConfigError(
            "%(key)s: '%(value)s' is not an address or network (%(reason)s).",
            key=key,
            value=text,
            reason=error,
        ) from error


def check_ca(path: str) -> None:
    if not path:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except FileNotFoundError as error:
        raise ConfigError(
            "federation.ca_file: There is no file %(path)s. Please name a PEM file or leave the key empty.",
            path=path,
        ) from error
    except OSError as error:
        raise ConfigError(
            "federation.ca_file: The file %(path)s cannot be used (%(reason)s). "
            "Please name a PEM file of certificates.",
            path=path,
            reason=error,
        ) from error


def is_web_address(text: str) -> bool:
    try:
        address = urlsplit(text)
    except ValueError:
        return False
    return address.scheme in ("http", "https") and bool(address.hostname) and text.isprintable()


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= 65_535


def check_domain(domain: str) -> None:
    normalized = normalize_host(domain)
    if not normalized or "_" in normalized:
        raise ConfigError(
            "node.domain: '%(value)s' is not a host name. "
            "Please write one in lower case, like commons.example.",
            value=domain,
        )
    if domain != normalized:
        raise build_spelling_error("node.domain", domain, normalized)


def check_listen(key: str, listen: str) -> None:
    if listen.startswith("unix:/"):
        return
    host, _, port = listen.rpartition(":")
    if not host or not _is_port(port):
        raise ConfigError("%(key)s: Please write host:port or unix:/path, like 127.0.0.1:8420.", key=key)


def _is_address(host: str) -> bool:
    try:
        return bool(ip_address(host))
    except ValueError:
        return False


def check_database_url(key: str, url: str) -> None:
    """Raise ConfigError for the URL of a database that cannot be one, whatever is at the address."""
    if url.startswith("sqlite:"):
        path = url.removeprefix("sqlite:")
        # Each process opens the database several times, so it cannot be in memory.
        is_file = Path(path).name and path != ":memory:" and path.isprintable() and not path.endswith("/")
        if not is_file or Path(path).is_dir():
            raise ConfigError(
                "%(key)s: Please write the path of a file, like sqlite:data/fedserver.sqlite3.", key=key
            )
        return
    try:
        authority = urlsplit(url).netloc.rpartition("@")[2]
        # libpq takes several hosts; urlsplit checks a port only when it is read.
        _ = [urlsplit(f"//{host}").port for host in authority.split(",")]
    except ValueError as error:
        # Without the URL, which may hold a password.
        raise ConfigError("%(key)s: This is not an address (%(reason)s).", key=key, reason=error) from error
    if not url.isprintable() or " " in url:
        raise ConfigError(
            "%(key)s: It has a space or another character that an address cannot have. "
            "Please write it with percent escapes, like %%20 for a space.",
            key=key,
        )


def is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    return _is_address(host) and ip_address(host).is_loopback
