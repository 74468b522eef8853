"""The commented example configuration, generated from the structs so that it cannot disagree with them."""

from __future__ import annotations

from typing import Any

import msgspec

from fedserver.config import Config
from fedserver.config_settings import SETTINGS_BY_KEY, TEXT_FILE_KEYS

SECTIONS = {
    "node": "Where this node lives.",
    "database": "Where rows are kept: sqlite:PATH, or postgresql://user:password@host/name.",
    "media": "Where files are kept.",
    "federation": "Which servers this node federates with.",
    "oidc": "Logging in with the organization's identity provider (OpenID Connect); off without issuer.",
    "mail": "How mail is sent. Without a host no mail is sent, and email addresses are not confirmed.",
    "translation": "A server that translates posts (LibreTranslate's API). An empty url turns it off.",
    "log": "Which events are logged, and how.",
    "metrics": "Metrics for Prometheus, as GET /metrics. Anyone who reaches the address may read them.",
}
KEYS = {
    "node.domain": "the part after @ in handles; it cannot change later",
    "node.base_url": "where this node is reached; https unless on loopback",
    "node.listen": "host:port or unix:/path",
    "node.trusted_proxies": "proxies whose X-Forwarded-For is trusted",
    "node.data_dir": "the folder of seal.key, without which a backup cannot be used",
    "node.processes": "web processes; more than 1 needs PostgreSQL",
    "node.default_locale": "language of pages and mails for people who chose none: en | de | fr | es | ar",
    "node.source_url": "where the source code of this node is; empty: the node hands it out at /source",
    "database.url_file": "a file that holds the URL instead, for secrets",
    "database.direct_url": "PostgreSQL itself, if url is that of PgBouncer pooling transactions",
    "database.direct_url_file": "a file that holds that URL instead",
    "federation.allow_networks": "CIDRs of private networks where peers may live",
    "federation.allow_http": "accept http:// peers (tests, intranets)",
    "federation.ca_file": "extra CA bundle for peers with a private CA",
    "oidc.issuer": "the provider's address, like https://id.example/realms/all",
    "oidc.client_id": "this node's name there; register BASE_URL/login/provider/back as its redirect URI",
    "oidc.client_secret_file": "a file that holds the secret instead",
    "oidc.title": "completes the button: Log in with ...",
    "oidc.sign_up": "true: anyone whom the provider knows may join, without approval",
    "oidc.link_by_email": "true: an email address verified by the provider opens the account that has it",
    "oidc.roles_claim": "the claim that names roles or groups, like realm_access.roles; read at each log-in",
    "oidc.owners": "values of the claim that make an owner",
    "oidc.admins": "... an admin",
    "oidc.moderators": "... a moderator",
    "oidc.members": "people without any of these values cannot log in; empty: everyone can",
    "oidc.allow_networks": "CIDRs of private networks where the provider may live; other ports than 443 too",
    "oidc.ca_file": "extra CA bundle for a provider with a private CA",
    "mail.password_file": "a file that holds the password instead",
    "mail.sender": "the address that mail comes from",
    "mail.tls": "starttls | tls | none",
    "media.proxy": "serve files of peers from here, so that peers do not see who reads",
    "media.remote_cache_bytes": "how much is kept of peers' files; least recently used are deleted first",
    "translation.url": "like https://translate.example",
    "translation.api_key_file": "a file that holds the key instead",
    "translation.allow_networks": "CIDRs of private networks where that server may be",
    "log.format": "console | json",
    "log.level": "debug | info | warning | error",
    "metrics.listen": "host:port or unix:/path, like 127.0.0.1:9420; empty: off",
}


def render(domain: str, base_url: str, listen: str = "") -> str:
    """Return the file for a node at `base_url`: every key with its default, an empty `listen` too."""
    config = msgspec.to_builtins(Config())
    config["node"].update(domain=domain, base_url=base_url, listen=listen or config["node"]["listen"])
    lines = [
        "# What a fedserver node needs to start. Unknown keys are errors.",
        "# FEDSERVER_<SECTION>_<KEY> in the environment overrides a key; relative paths start here.",
        "#",
        "# Name, rules, registration, federation and limits are settings in the database: owners and admins",
        "# change them in the console under /admin/settings, scripts with `fedserver settings`. One that is",
        "# named here counts at the first start only.",
    ]
    for section, keys in config.items():
        values = {key: value for key, value in keys.items() if not _is_setting(f"{section}.{key}")}
        if not values:
            continue
        lines += ["", f"# {SECTIONS[section]}", f"[{section}]"]
        lines += [_line(section, key, value) for key, value in values.items()]
    return "\n".join(lines) + "\n"


def _is_setting(key: str) -> bool:
    return key in SETTINGS_BY_KEY or key in TEXT_FILE_KEYS


def _line(section: str, key: str, value: Any) -> str:
    # Strings, numbers, booleans and lists of strings are written alike in JSON and TOML.
    text = f"{key} = {msgspec.json.format(msgspec.json.encode(value), indent=0).decode()}"
    comment = KEYS.get(f"{section}.{key}")
    return f"{text:40}  # {comment}" if comment else text
