"""The configuration: frozen structs are the truth, TOML and the environment fill them.

Unknown keys are errors with their path. `FEDSERVER_<SECTION>_<KEY>` overrides a key; a secret may be
in a file named by its `_file` twin. Relative paths are relative to the configuration file's folder, or to
the working directory where there is no file. Settings that admins change while the node runs are in the
database instead.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from email.utils import parseaddr
from pathlib import Path
from typing import Any, Literal, get_type_hints
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct, field

from addresses.hosts import normalize_host, normalize_url
from fedserver.config_errors import build_unknown_key_error, build_unknown_section_error
from fedserver.config_settings import SETTINGS, SETTINGS_BY_KEY, RuleConfig, check_value
from fedserver.config_values import (
    ConfigError,
    build_address_error,
    build_insecure_error,
    build_spelling_error,
    check_ca,
    check_database_url,
    check_domain,
    check_listen,
    check_network,
    check_text,
    is_loopback,
    is_web_address,
)
from fedserver.marked_text import MarkedText

ENV_PREFIX = "FEDSERVER_"
# Variables that are not keys: of the tests, and those that Kubernetes sets for a service.
IGNORED_PREFIXES = ("TEST_", "REQUIRE_", "SERVICE_", "PORT_")
# Languages of pages and mails: a catalogue of each is in fedserver/locales; English is the source.
LOCALES = ("en", "de", "fr", "es", "ar")
# Old keys by section, with their new names. They are accepted, with a warning, until the release after 0.1.
RENAMED_KEYS = {
    "limits": {"poll_seconds_least": "min_poll_seconds", "poll_seconds_most": "max_poll_seconds"},
}
SECRETS = ("password", "client_secret", "api_key")  # others chose them; nobody is shown them
Warn = Callable[[MarkedText], None]


class NodeConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """The addresses and processes of this node."""

    domain: str = "localhost:8420"
    base_url: str = "http://localhost:8420"
    listen: str = "127.0.0.1:8420"
    trusted_proxies: tuple[str, ...] = ("127.0.0.1", "::1")
    data_dir: str = "data"
    processes: int = 1
    default_locale: str = "en"
    source_url: str = ""


class CommunityConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """The texts with which the community introduces itself."""

    title: str = "A community"
    description: str = "A place that its members own."
    contact_email: str = ""
    contact_account: str = ""
    languages: tuple[str, ...] = ("en",)
    rules: tuple[str | RuleConfig, ...] = ()
    hue: int = 205
    welcome: str = ""
    logo: str = ""
    picture: str = ""
    privacy_policy_file: str = ""
    terms_folder: str = ""
    readers: Literal["everyone", "members", "partners"] = "everyone"


class DatabaseConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """The database with all rows."""

    url: str = "sqlite:data/fedserver.sqlite3"
    url_file: str = ""
    direct_url: str = ""
    direct_url_file: str = ""

    @property
    def session_url(self) -> str:
        """The address of the database itself, where `url` may be that of a pooler."""
        return self.direct_url or self.url


class MediaConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """The store of files."""

    store: str = "file:data/media"
    proxy: bool = True
    remote_cache_bytes: int = 5_368_709_120


class FederationConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """The servers that this node federates with."""

    mode: Literal["open", "allowlist", "closed"] = "open"
    authorized_fetch: bool = False
    allow_networks: tuple[str, ...] = ()
    allow_http: bool = False
    ca_file: str = ""
    show_blocks: Literal["public", "members", "nobody"] = "members"
    remote_retention_days: int = 180


class RegistrationConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """The way in which people become members."""

    mode: Literal["open", "approval", "invite", "closed"] = "invite"
    question: str = ""
    approval_text: str = ""
    invites_per_member: int = 5


class OidcConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """The organization's identity provider (OpenID Connect); an empty issuer turns it off."""

    issuer: str = ""
    client_id: str = ""
    client_secret: str = ""
    client_secret_file: str = ""
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    title: str = "my organization"
    sign_up: bool = False
    link_by_email: bool = False
    roles_claim: str = ""
    owners: tuple[str, ...] = ()
    admins: tuple[str, ...] = ()
    moderators: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    allow_networks: tuple[str, ...] = ()
    ca_file: str = ""


class MailConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """The mail server; an empty host turns mail off."""

    host: str = ""
    port: int = 587
    username: str = ""
    password: str = ""
    password_file: str = ""
    sender: str = ""
    tls: Literal["starttls", "tls", "none"] = "starttls"


class TranslationConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """A server that translates posts, with LibreTranslate's API; an empty URL turns it off."""

    url: str = ""
    api_key: str = ""
    api_key_file: str = ""
    allow_networks: tuple[str, ...] = ()


class LimitsConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """Upper bounds, and the lower bound of how long polls run."""

    post_characters: int = 5_000
    article_characters: int = 200_000
    media_per_post: int = 16
    upload_bytes: int = 16_777_216
    image_pixels: int = 33_177_600
    video_bytes: int = 41_943_040
    video_pixels: int = 8_294_400
    video_frame_rate: int = 120
    media_seconds: int = 3_600
    member_bytes: int = 10_737_418_240
    poll_options: int = 4
    poll_option_characters: int = 50
    min_poll_seconds: int = 300
    max_poll_seconds: int = 2_629_746
    requests_per_5_minutes: int = 300


class LogConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """The events that are logged, and their format."""

    format: Literal["console", "json"] = "console"
    level: Literal["debug", "info", "warning", "error"] = "info"


class MetricsConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """Metrics for Prometheus, on an address of their own; empty: off."""

    listen: str = ""


class Config(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole configuration; each field is a section."""

    node: NodeConfig = field(default_factory=NodeConfig)
    community: CommunityConfig = field(default_factory=CommunityConfig)
    database: DatabaseConfig = field(default_factory=DatabaseConfig)
    media: MediaConfig = field(default_factory=MediaConfig)
    federation: FederationConfig = field(default_factory=FederationConfig)
    registration: RegistrationConfig = field(default_factory=RegistrationConfig)
    oidc: OidcConfig = field(default_factory=OidcConfig)
    mail: MailConfig = field(default_factory=MailConfig)
    translation: TranslationConfig = field(default_factory=TranslationConfig)
    limits: LimitsConfig = field(default_factory=LimitsConfig)
    log: LogConfig = field(default_factory=LogConfig)
    metrics: MetricsConfig = field(default_factory=MetricsConfig)


def load(path: Path | None, environ: Mapping[str, str], warn: Warn | None = None) -> Config:
    """Read the file (None: defaults only), then the environment. Raises ConfigError.

    `warn` is called with a sentence for each key that has a new name.
    """
    warn = warn or (lambda _text: None)
    values = _read(path) if path is not None else {}
    _rename_keys(values, warn)
    _override(values, _rename_variables(environ, warn))
    try:
        config = msgspec.convert(values, Config)
    except msgspec.ValidationError as error:
        raise _explain(str(error)) from error
    return _check(_resolve(config, path.parent if path is not None else Path()))


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(
            "%(path)s: There is no such file. Write one with `fedserver init`.", path=path
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            "%(path)s: The file cannot be read (%(reason)s).", path=path, reason=error
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            "%(path)s: The file is not valid TOML (%(reason)s).", path=path, reason=error
        ) from error


def _rename_keys(values: dict[str, Any], warn: Warn) -> None:
    """Replace old keys of the file by the new ones. Raises ConfigError if a key is given by both names."""
    for section, renamed in RENAMED_KEYS.items():
        keys = values.get(section)
        if not isinstance(keys, dict):
            continue
        for old, new in renamed.items():
            if old in keys:
                _warn_of_new_name(f"{section}.{old}", f"{section}.{new}", new in keys, warn)
                keys[new] = keys.pop(old)


def _rename_variables(environ: Mapping[str, str], warn: Warn) -> dict[str, str]:
    """Return the environment with new names. Raises ConfigError if a variable is given by both names."""
    variables = dict(environ)
    for section, renamed in RENAMED_KEYS.items():
        for names in renamed.items():
            old, new = (f"{ENV_PREFIX}{section}_{name}".upper() for name in names)
            if old in variables:
                _warn_of_new_name(old, new, new in variables, warn)
                variables[new] = variables.pop(old)
    return variables


def _warn_of_new_name(old: str, new: str, has_both: bool, warn: Warn) -> None:
    if has_both:
        raise ConfigError(
            "%(old)s: %(new)s, its new name, is set as well. Please remove %(old)s.", old=old, new=new
        )
    warn(
        MarkedText(
            "%(old)s has a new name. Please write %(new)s: a later version will refuse the old name.",
            old=old,
            new=new,
        )
    )


def _override(values: dict[str, Any], environ: Mapping[str, str]) -> None:
    sections = get_type_hints(Config)
    for name, text in environ.items():
        rest = name.removeprefix(ENV_PREFIX)
        section, _, key = rest.lower().partition("_")
        if rest == name or not key or rest.startswith(IGNORED_PREFIXES):
            continue
        if section not in sections:
            raise build_unknown_section_error(name, rest, _list_keys())
        hints = get_type_hints(sections[section])
        if key not in hints:
            raise build_unknown_key_error(name, f"{section}.{key}", key, hints)
        if not isinstance(values.setdefault(section, {}), dict):
            raise ConfigError(
                "%(section)s: Please write a section [%(section)s] with keys, not a value.", section=section
            )
        values[section][key] = parse_value(f"{section}.{key}", text)


def _list_keys() -> dict[str, list[str]]:
    return {section: list(get_type_hints(kind)) for section, kind in get_type_hints(Config).items()}


def parse_value(key: str, text: str) -> Any:
    """Return the value of a key as a variable or a command writes it; lists are separated by commas.

    Raises ConfigError for what is no number or neither true nor false.
    """
    section, _, name = key.partition(".")
    hint = get_type_hints(get_type_hints(Config)[section])[name]
    if hint is bool:
        if text.lower() not in ("true", "false", "1", "0", "yes", "no"):
            raise ConfigError("%(key)s: Please write true or false, not '%(value)s'.", key=key, value=text)
        return text.lower() in ("true", "1", "yes")
    if hint is int:
        digits = text.removeprefix("-")
        if not (digits.isascii() and digits.isdigit()) or len(digits) > 18:
            raise ConfigError("%(key)s: Please write a whole number, not '%(value)s'.", key=key, value=text)
        return int(text)
    if str(hint).startswith("tuple"):
        return [part.strip() for part in text.split(",") if part.strip()]
    return text


def _explain(message: str) -> ConfigError:
    """Return the error for a message of msgspec, in our own form: the key first, then the reason."""
    why, _, location = message.partition(" - at `$")
    path = location.strip("`").lstrip(".")
    if "unknown field" not in why:
        # The types and values in it are those of TOML; what msgspec says of them is in English.
        place = path or "fedserver.toml"
        return ConfigError("%(key)s: This value cannot be used (%(reason)s).", key=place, reason=why)
    key = why.split("`")[1]
    sections = get_type_hints(Config)
    known = get_type_hints(sections[path]) if path in sections else sections
    name = f"{path}.{key}" if path else key
    return build_unknown_key_error(name, name, key, known)


def _resolve(config: Config, folder: Path) -> Config:
    """Return the configuration with paths relative to `folder` and secrets read from their files."""

    def at(path: str) -> str:
        return str(folder / path) if path else path

    url = _read_secret("database.url_file", at(config.database.url_file)) or config.database.url
    direct_url_file = at(config.database.direct_url_file)
    direct_url = _read_secret("database.direct_url_file", direct_url_file) or config.database.direct_url
    if url.startswith("sqlite:") and url not in ("sqlite:", "sqlite::memory:"):
        url = "sqlite:" + at(url.removeprefix("sqlite:"))
    store = config.media.store
    if store.startswith("file:"):
        store = "file:" + at(store.removeprefix("file:"))
    client_secret = _read_secret("oidc.client_secret_file", at(config.oidc.client_secret_file))
    password = _read_secret("mail.password_file", at(config.mail.password_file)) or config.mail.password
    key_file = at(config.translation.api_key_file)
    api_key = _read_secret("translation.api_key_file", key_file) or config.translation.api_key
    return msgspec.structs.replace(
        config,
        translation=msgspec.structs.replace(config.translation, api_key=api_key),
        node=msgspec.structs.replace(
            config.node, data_dir=at(config.node.data_dir), base_url=config.node.base_url.rstrip("/")
        ),
        community=msgspec.structs.replace(
            config.community,
            privacy_policy_file=at(config.community.privacy_policy_file),
            terms_folder=at(config.community.terms_folder),
        ),
        database=msgspec.structs.replace(config.database, url=url, direct_url=direct_url),
        media=msgspec.structs.replace(config.media, store=store),
        federation=msgspec.structs.replace(config.federation, ca_file=at(config.federation.ca_file)),
        oidc=msgspec.structs.replace(
            config.oidc,
            client_secret=client_secret or config.oidc.client_secret,
            ca_file=at(config.oidc.ca_file),
        ),
        mail=msgspec.structs.replace(config.mail, password=password),
    )


def _read_secret(key: str, path: str) -> str:
    if not path:
        return ""
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            "%(key)s: The file %(path)s cannot be read (%(reason)s).", key=key, path=path, reason=error
        ) from error


def _check_texts(config: Config) -> None:
    """Raise ConfigError for a text that would break feeds, headers or mails."""
    for section, values in msgspec.structs.asdict(config).items():
        for name, value in msgspec.structs.asdict(values).items():
            key = f"{section}.{name}"
            if name in SECRETS or key in SETTINGS_BY_KEY:
                continue
            for text in value if isinstance(value, tuple) else (value,):
                if isinstance(text, str):
                    check_text(key, text, has_lines=False)


def check_settings(config: Config) -> None:
    """Check the keys that admins change while the node runs. Raises ConfigError; it begins with the key."""
    for setting in SETTINGS:
        check_value(setting, get_value(config, setting.key))
    limits = config.limits
    if limits.poll_options < 2 or limits.min_poll_seconds > limits.max_poll_seconds:
        raise ConfigError(
            "limits.poll_options, limits.min_poll_seconds: No poll would be possible. Please allow at least "
            "2 options, and a minimum that is not above limits.max_poll_seconds."
        )
    if limits.video_bytes < limits.upload_bytes:
        raise ConfigError("limits.video_bytes: Please write at least the value of limits.upload_bytes.")
    if config.community.readers == "partners" and config.federation.mode == "closed":
        raise ConfigError(
            "community.readers: Partners read by federation, which federation.mode closes. Please write "
            "members, or another federation.mode."
        )


def get_value(config: Config, key: str) -> Any:
    """Return the value of a key like `community.title`."""
    section, _, name = key.partition(".")
    return getattr(getattr(config, section), name)


def _check(config: Config) -> Config:
    _check_texts(config)
    _check_node(config.node)
    if not (config.database.url.startswith("sqlite:") or is_postgresql(config.database.url)):
        raise ConfigError("database.url: Please write sqlite:PATH or postgresql://user:password@host/name.")
    check_database_url("database.url", config.database.url)
    direct_url = config.database.direct_url
    if direct_url and not (is_postgresql(config.database.url) and is_postgresql(direct_url)):
        raise ConfigError(
            "database.direct_url: It is for PostgreSQL behind a pooler. Please write it and database.url "
            "as postgresql://user:password@host/name, or leave it empty."
        )
    if direct_url:
        check_database_url("database.direct_url", direct_url)
    if config.metrics.listen:
        check_listen("metrics.listen", config.metrics.listen)
    if not config.media.store.startswith("file:"):
        raise ConfigError("media.store: Please write file:PATH. Other stores are not supported yet.")
    if config.node.processes > 1 and config.database.url.startswith("sqlite:"):
        raise ConfigError("node.processes: More than 1 needs PostgreSQL. Please set database.url.")
    for key, networks in (
        ("federation.allow_networks", config.federation.allow_networks),
        ("node.trusted_proxies", config.node.trusted_proxies),
        ("oidc.allow_networks", config.oidc.allow_networks),
        ("translation.allow_networks", config.translation.allow_networks),
    ):
        for network in networks:
            check_network(key, network)
    check_ca(config.federation.ca_file)
    check_settings(config)
    _check_oidc(config.oidc)
    if config.media.remote_cache_bytes < 0:
        raise ConfigError("media.remote_cache_bytes: Please write 0 or more.")
    if config.translation.url and not config.translation.url.startswith(("https://", "http://")):
        raise ConfigError("translation.url: Please write an address, like https://translate.example.")
    if config.mail.host:
        _check_mail(config.mail)
    return config


def _check_mail(mail: MailConfig) -> None:
    name, _, domain = parseaddr(mail.sender)[1].rpartition("@")
    if not name or not normalize_host(domain):
        raise ConfigError("mail.sender: Please write the address that mail comes from.")
    # Mail servers need not know other spellings (RFC 6531).
    for key, value, host in (
        ("mail.sender", mail.sender, domain),
        ("mail.host", mail.host, mail.host),
    ):
        if not host.isascii():
            raise build_spelling_error(key, value, value.replace(host, normalize_host(host)))


def is_postgresql(url: str) -> bool:
    """Return True for the URL of a PostgreSQL database."""
    return url.startswith(("postgresql://", "postgres://"))


def _check_oidc(oidc: OidcConfig) -> None:
    if not oidc.issuer:
        return
    try:
        issuer = urlsplit(oidc.issuer)
    except ValueError as error:
        raise build_address_error("oidc.issuer", oidc.issuer, error) from error
    if issuer.scheme not in ("http", "https") or not issuer.hostname or issuer.query or issuer.fragment:
        raise ConfigError(
            "oidc.issuer: Please write the provider's address, like https://id.example/realms/all."
        )
    if issuer.scheme == "http" and not is_loopback(issuer.hostname):
        raise build_insecure_error("oidc.issuer")
    if not oidc.client_id:
        raise ConfigError("oidc.client_id: Please write the client id that the provider gave to this node.")
    has_roles = oidc.owners or oidc.admins or oidc.moderators or oidc.members
    if has_roles and not oidc.roles_claim:
        raise ConfigError(
            "oidc.roles_claim: Please write the claim in which the provider names roles or groups."
        )


def _check_node(node: NodeConfig) -> None:
    check_domain(node.domain)
    try:
        base = urlsplit(node.base_url)
        _ = base.port  # urlsplit checks the port only when it is read
    except ValueError as error:
        raise build_address_error("node.base_url", node.base_url, error) from error
    if base.scheme not in ("http", "https") or not base.hostname or base.path not in ("", "/"):
        raise ConfigError(
            "node.base_url: Please write the address without a path, like https://commons.example."
        )
    if base.query or base.fragment or base.username:
        raise ConfigError("node.base_url: Please write the address without a user, query or fragment.")
    normalized = normalize_url(node.base_url)
    if not normalized or "_" in normalized:
        raise ConfigError(
            "node.base_url: '%(value)s' is not a host name. Please write one like commons.example.",
            value=base.hostname,
        )
    if node.base_url != normalized:
        raise build_spelling_error("node.base_url", node.base_url, normalized)
    if base.scheme == "http" and not is_loopback(base.hostname):
        raise build_insecure_error("node.base_url")
    if node.source_url and not is_web_address(node.source_url):
        raise ConfigError(
            "node.source_url: Please write the address of the source code, like https://code.example/fedserver."
        )
    check_listen("node.listen", node.listen)
    if node.processes < 1:
        raise ConfigError("%(key)s: Please write at least 1.", key="node.processes")
    if node.default_locale not in LOCALES:
        known = ", ".join(sorted(LOCALES))
        raise ConfigError(
            "node.default_locale: There is no language '%(value)s'. Please choose one of %(known)s.",
            value=node.default_locale,
            known=known,
        )
