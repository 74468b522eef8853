"""Every address of this node, in one place. Pure strings.

URIs of objects are data once they are stored; these are the rules for new ones. No query strings in ids.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable
from urllib.parse import quote, unquote, urlsplit

from msgspec import Struct

from addresses.hosts import DEFAULT_PORTS, normalize_host, parse_origin, to_unicode

INSTANCE_ACTOR = "instance.actor"
WEEK_MS = 604_800_000
GRANT = re.compile(r"[?&]e=[0-9]+&s=[0-9a-f]{32}\Z")
MAX_PERIOD_DIGITS = 9  # of the number of a week, so that no huge number is read
# Ids as this node gives them. A name with capitals is none of these, as it may be misspelled.
ID_PATH = re.compile(r"/actor|/users/[a-z0-9_.-]+(?:/(?:statuses|articles)/[0-9]+)?")
SUBJECT_PATH = re.compile(
    r"/(?:users/(?P<user>[^/]+)(?:/(?:statuses|articles)/(?P<number>[^/]+))?"
    r"|@(?P<handle>[^/]+)(?:/(?P<page>[^/]+))?)(?:/activity)?/*"
)
# What follows # in the ids of keys and activities, which are things of their own.
PART_NAMES = frozenset({"main-key", "ed25519-key", "delete", "undo"})


class LocalSubject(Struct, frozen=True):
    """An account of this node, or its post with this number or slug, as an address names it."""

    username: str
    post: str = ""


class FileGrants:
    """Rights to read one file, as parts of its address.

    They are for programs that send neither cookie nor token nor signature for a file: apps of members, and
    peers. They are given while `is_needed`, and end one to two weeks later: by then the file was fetched.
    """

    def __init__(self, secret: bytes, clock: Callable[[], int]) -> None:
        # A key of its own: addresses that peers chose are signed with the secret.
        self._key = hmac.new(secret, b"file grants", hashlib.sha256).digest()
        self._clock = clock
        self.is_needed = False

    @property
    def period(self) -> int:
        """The week in which grants that are given now end, 0 while none are needed.

        It belongs to the keys of caches of what holds grants.
        """
        return self._clock() // WEEK_MS + 2 if self.is_needed else 0

    def sign(self, path: str, end: int) -> str:
        """Return the signature of the right to read the file at `path` until the week `end` begins."""
        return hmac.new(self._key, f"{path} {end}".encode(), hashlib.sha256).hexdigest()[:32]

    def is_valid(self, path: str, end: str, signature: str) -> bool:
        """Return True if a grant is ours and has not ended."""
        if not (end.isascii() and end.isdigit()) or len(end) > MAX_PERIOD_DIGITS:
            return False
        expected = self.sign(path, int(end)).encode()
        # guard: grants of files @true
        return hmac.compare_digest(expected, signature.encode()) and self._clock() < int(end) * WEEK_MS


class Links(Struct, frozen=True):
    """Addresses under `base` (no slash at its end); `domain` is what follows @ in handles."""

    base: str
    domain: str
    proxies: bool = True  # files of peers are served by this node
    secret: bytes = b""  # signs addresses of emoji; without it they are linked at their peers
    grants: FileGrants | None = None

    @property
    def shown_domain(self) -> str:
        """Return the domain as people read it, in its own script."""
        return to_unicode(self.domain)

    @property
    def host(self) -> str:
        """Return host and port of the base, as in a Host header."""
        return urlsplit(self.base).netloc

    @property
    def hostname(self) -> str:
        """Return the host alone, to which passkeys belong."""
        return urlsplit(self.base).hostname or ""

    def find_account_domain(self, host: str) -> str | None:
        """Return the domain under which accounts of a host are stored, in whatever spelling it is named.

        That is '' for this node, also if `host` is ''. Returns None for what is not a host.
        """
        domain = normalize_host(host) if host else self.domain
        return None if not domain else "" if domain in (self.domain, self.host) else domain

    def is_local(self, uri: str) -> bool:
        """Return True for an address of this node."""
        return uri == self.base or uri.startswith(self.base + "/")

    def path(self, uri: str) -> str | None:
        """Return the path of a local address, None for others."""
        return uri.removeprefix(self.base) or "/" if self.is_local(uri) else None

    def is_id(self, uri: str) -> bool:
        """Return True for a local address that is spelled as the ids of accounts and posts here."""
        return uri.startswith(self.base) and ID_PATH.fullmatch(uri, len(self.base)) is not None

    def parse_subject(self, address: str) -> LocalSubject | None:
        """Return which account or post of this node an address names, in whatever spelling.

        It may be the id or the address of the page, with the host in capitals or with its default port
        (RFC 3986 §6.2.2.1, §6.2.3), with a slash, query or fragment at its end, or the id of the Create.
        Returns None for anything else, such as keys and other activities. What it names need not exist.
        """
        if address.startswith("acct:"):
            return self._parse_handle(address.removeprefix("acct:"))
        if not self.is_own(address):
            return None
        parts = urlsplit(address)
        if parts.fragment in PART_NAMES or "/" in parts.fragment:
            return None
        path = unquote(parts.path)
        if path.rstrip("/") == "/actor":
            return LocalSubject(INSTANCE_ACTOR)
        match = SUBJECT_PATH.fullmatch(path)
        if match is None:
            return None
        if match["user"] is not None:
            return LocalSubject(match["user"], match["number"] or "")
        account = self._parse_handle(match["handle"])
        return account and LocalSubject(account.username, match["page"] or "")

    def _parse_handle(self, handle: str) -> LocalSubject | None:
        """Return the account `ann` or `ann@` with a host of this node; None for another host."""
        username, _, host = handle.partition("@")
        return LocalSubject(username) if username and self.find_account_domain(host) == "" else None

    def is_own(self, address: str) -> bool:
        """Return True for a web address on the host of the base; http stands for https as well."""
        named, own = parse_origin(address), parse_origin(self.base)
        if named is None or own is None or named[1] != own[1]:
            return False
        both_default = all(port == DEFAULT_PORTS[scheme] for scheme, _, port in (named, own))
        return both_default or named == own

    # --- actors

    def actor(self, username: str) -> str:
        """Return the id of a member, or of the node's own actor."""
        return self.instance_actor if username == INSTANCE_ACTOR else f"{self.base}/users/{username}"

    @property
    def instance_actor(self) -> str:
        """Return the id of the node's own actor."""
        return f"{self.base}/actor"

    @property
    def partners(self) -> str:
        """Return the collection that posts for partners are addressed to."""
        return f"{self.instance_actor}/partners"

    def actor_endpoint(self, actor_uri: str, name: str) -> str:
        """Return `inbox`, `outbox`, `followers`, `following` or `featured` of an local actor."""
        return f"{actor_uri}/{name}"

    @property
    def shared_inbox(self) -> str:
        """Return the inbox for activities for any member."""
        return f"{self.base}/inbox"

    def rsa_key(self, actor_uri: str) -> str:
        """Return the id of the key that signs requests."""
        return f"{actor_uri}#main-key"

    def ed25519_key(self, actor_uri: str) -> str:
        """Return the id of the key that signs documents."""
        return f"{actor_uri}#ed25519-key"

    def profile(self, username: str) -> str:
        """Return the profile page of a member, for the node's own actor the start page."""
        return self.base if username == INSTANCE_ACTOR else f"{self.base}/@{username}"

    # --- objects

    def note(self, username: str, identifier: int) -> str:
        """Return the id of a post."""
        return f"{self.base}/users/{username}/statuses/{identifier}"

    def article(self, username: str, identifier: int) -> str:
        """Return the id of an article."""
        return f"{self.base}/users/{username}/articles/{identifier}"

    def post_page(self, username: str, identifier: int) -> str:
        """Return the page of a post."""
        return f"{self.base}/@{username}/{identifier}"

    def article_page(self, username: str, slug: str) -> str:
        """Return the page of an article."""
        return f"{self.base}/@{username}/{quote(slug)}"

    def context(self, identifier: int) -> str:
        """Return the collection of a thread that began here (FEP-7888)."""
        return f"{self.base}/contexts/{identifier}"

    def quote_authorization(self, username: str, identifier: int) -> str:
        """Return the id of the consent of a member that the post `identifier` quotes theirs (FEP-044f)."""
        return f"{self.actor(username)}/quote_authorizations/{identifier}"

    def tag(self, name: str) -> str:
        """Return the page of a hashtag."""
        return f"{self.base}/tags/{quote(name)}"

    def account_tag(self, username: str, name: str) -> str:
        """Return the page of one account's posts with a hashtag."""
        return f"{self.base}/@{username}/tagged/{quote(name)}"

    def media(self, key: str) -> str:
        """Return the address of a stored file."""
        return f"{self.base}/media/{key}"

    def with_grant(self, url: str) -> str:
        """Return the address of a file with the right to read it, if the mode of the node demands one.

        For what programs get: apps of members, and peers. Pages do without, as browsers send the cookie.
        Addresses of other servers stay as they are.
        """
        grants = self.grants
        if grants is None or not grants.is_needed or not url.startswith(f"{self.base}/media/"):
            return url
        url = self.without_grant(url)
        path, separator, _ = url.removeprefix(self.base).partition("?")
        end = grants.period
        return f"{url}{'&' if separator else '?'}e={end}&s={grants.sign(path, end)}"

    def without_grant(self, url: str) -> str:
        """Return the address of a file as it was before `with_grant`: members write what an app was given."""
        return GRANT.sub("", url) if self.is_local(url) else url

    @property
    def grant_period(self) -> int:
        """The `period` of grants: for the keys of caches of what holds grants."""
        return self.grants.period if self.grants is not None else 0

    def community_file(self, kind: str, key: str) -> str:
        """Return the address of the logo or picture of the community, which everyone can read."""
        return f"{self.base}/community/{kind}/{key}"

    def remote_media(self, subject_id: int, shape: str, url: str) -> str:
        """Return where a file of a peer is served: `shape` is original, small, avatar, header or card."""
        if not self.proxies or not url or self.is_local(url):
            return url
        return f"{self.base}/media/proxy/{subject_id}/{shape}?v={self.file_token(url)}"

    @staticmethod
    def file_token(url: str) -> str:
        """Return a token that only those know who know the address: ids can be guessed, private files not."""
        return hashlib.sha256(url.encode()).hexdigest()[:20]

    def emoji(self, url: str, shape: str) -> str:
        """Return where an emoji of a peer is served: `shape` is original or small."""
        if not self.proxies or not self.secret or not url or self.is_local(url):
            return url
        return f"{self.base}/media/proxy/emoji/{shape}?u={quote(url, safe='')}&v={self.sign(url)}"

    def post_file(self, post_id: int, kind: str, url: str) -> str:
        """Return where a file of another host is served that a post, or a former version of it, shows.

        `kind` is image, gifv, video or audio.
        """
        if self.is_local(url):
            return self.without_grant(url)
        if not self.proxies or not self.secret or not url:
            return url
        signature = self.sign_post_file(post_id, kind, url)
        return f"{self.base}/media/proxy/posts/{post_id}/{kind}?u={quote(url, safe='')}&v={signature}"

    def sign_post_file(self, post_id: int, kind: str, url: str) -> str:
        """Return the signature in the address that `post_file` returns."""
        return self.sign(f"{post_id} {kind} {url}")

    def sign(self, url: str) -> str:
        """Return a signature of this node, so that it fetches only addresses that it has published itself."""
        return hmac.new(self.secret, url.encode(), hashlib.sha256).hexdigest()[:32]

    # --- activities

    def create(self, object_uri: str) -> str:
        """Return the id of the Create of a post."""
        return f"{object_uri}/activity"

    def update(self, object_uri: str, moment: int) -> str:
        """Return the id of the Update of an object at a time (ms UTC)."""
        return f"{object_uri}#updates/{moment}"

    def delete(self, object_uri: str) -> str:
        """Return the id of the Delete of an object."""
        return f"{object_uri}#delete"

    def undo(self, activity_uri: str) -> str:
        """Return the id of the Undo of an activity."""
        return f"{activity_uri}/undo" if "#" in activity_uri else f"{activity_uri}#undo"

    def activity(self, actor_uri: str, kind: str, identifier: int) -> str:
        """Return the id of an activity without a page: `kind` is follows, likes, blocks, accepts, pins …"""
        return f"{actor_uri}#{kind}/{identifier}"

    def boost(self, username: str, identifier: int) -> str:
        """Return the id of a boost."""
        return f"{self.base}/users/{username}/statuses/{identifier}/activity"

    # --- pages

    def blog(self, username: str) -> str:
        """Return the blog of a member."""
        return f"{self.base}/@{username}/blog"

    def static(self, name: str) -> str:
        """Return the address of a static file."""
        return f"{self.base}/static/{name}"

    @property
    def streaming(self) -> str:
        """Return the address of streams without a path: clients add `/api/v1/streaming`."""
        return "ws" + self.base.removeprefix("http")
