"""Email addresses, as far as this node sends mail to them."""

from __future__ import annotations

from addresses.hosts import normalize_host

MAX_LENGTH = 250  # of RFC 5321 §4.5.3.1.3 254 would be possible
# The part before the @ is ASCII: few mail servers take others (SMTPUTF8, RFC 6531).
NAME_SYMBOLS = frozenset("!#$&'*+-/=?^_`{|}~.")


def normalize_email(text: str) -> str:
    """Return an address with its domain in normal form, '' if mail cannot be sent to it.

    Deliberately stricter than RFC 5321: no quotes, no comments, no IP addresses, and a domain with a dot.
    """
    name, at, domain = text.strip().rpartition("@")
    host = normalize_host(domain)
    is_plain = name.isascii() and all(letter.isalnum() or letter in NAME_SYMBOLS for letter in name)
    is_domain = "." in host and ":" not in host and not host.rpartition(".")[2].isdigit()
    email = f"{name}@{host}"
    return email if at and name and is_plain and is_domain and len(email) <= MAX_LENGTH else ""
