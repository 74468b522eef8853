"""The commented configuration: generated from the structs, so that it cannot disagree with them."""

from __future__ import annotations

from typing import Any

import msgspec

from fedserver.config import Config

SECTIONS = {
    "node": "Where this node lives.",
    "community": "What the community says of itself, here and to clients.",
    "database": "Where rows are kept: sqlite:PATH, or postgresql://user:password@host/name.",
    "media": "Where files are kept.",
    "federation": "With whom this node speaks.",
    "registration": "How people become members.",
    "mail": "How mail is sent. Without a host no mail is sent, and addresses are not confirmed.",
    "translation": "A server that translates posts (LibreTranslate's API). Without an address there is none.",
    "limits": "How much is allowed.",
    "log": "What is written about the work.",
    "metrics": "Figures for Prometheus. Not served yet.",
}
KEYS = {
    "node.domain": "the part after @ in handles; does not change",
    "node.base_url": "where this node is reached; https unless on loopback",
    "node.listen": "host:port or unix:/path",
    "node.trusted_proxies": "whose X-Forwarded-For is believed",
    "node.data_dir": "where else files may be written",
    "node.processes": "1; on PostgreSQL start more with `fedserver run --only web`",
    "community.contact_account": "the name of a member whom people may ask",
    "community.rules": "one text each",
    "database.url_file": "a file that holds the URL instead, for secrets",
    "federation.mode": "open | allowlist | closed",
    "federation.authorized_fetch": "true: every ActivityPub GET must be signed",
    "federation.allow_networks": "CIDRs of private networks where peers may live",
    "federation.allow_http": "accept http:// peers (tests, intranets)",
    "federation.ca_file": "extra CA bundle for peers with a private CA",
    "registration.mode": "open | approval | invite | closed",
    "mail.password_file": "a file that holds the password instead",
    "mail.sender": "the address that mail comes from",
    "mail.tls": "starttls | tls | none",
    "translation.url": "like https://translate.example",
    "translation.api_key_file": "a file that holds the key instead",
    "translation.allow_networks": "CIDRs of private networks where that server may be",
    "limits.image_pixels": "the largest picture that is read",
    "log.format": "console | json",
    "log.level": "debug | info | warning | error",
    "metrics.listen": "host:port; empty: off",
}


def render(domain: str, base_url: str) -> str:
    """The file for a node at `base_url`, every key with its default."""
    config = msgspec.to_builtins(Config())
    config["node"].update(domain=domain, base_url=base_url)
    lines = [
        "# The configuration of a fedserver node. Unknown keys are errors.",
        "# FEDSERVER_<SECTION>_<KEY> in the environment overrides a key; relative paths start here.",
    ]
    for section, values in config.items():
        lines += ["", f"# {SECTIONS[section]}", f"[{section}]"]
        lines += [_line(section, key, value) for key, value in values.items()]
    return "\n".join(lines) + "\n"


def _line(section: str, key: str, value: Any) -> str:
    # Strings, numbers, booleans and lists of strings are written alike in JSON and TOML.
    text = f"{key} = {msgspec.json.format(msgspec.json.encode(value), indent=0).decode()}"
    comment = KEYS.get(f"{section}.{key}")
    return f"{text:40}  # {comment}" if comment else text
