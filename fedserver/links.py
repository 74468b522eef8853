"""Every address of this node, in one place. Pure strings.

URIs of objects are data once they are stored; these are the rules for new ones. No query strings in ids.
"""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import quote, urlsplit

from msgspec import Struct

INSTANCE_ACTOR = "instance.actor"


class Links(Struct, frozen=True):
    """Addresses under `base` (no slash at its end); `domain` is what follows @ in handles."""

    base: str
    domain: str
    proxies: bool = True  # files of peers are shown from here
    secret: bytes = b""  # known to this node alone; without it emoji are shown from where they lie

    @property
    def host(self) -> str:
        """Host and port of the base, as in a Host header."""
        return urlsplit(self.base).netloc

    @property
    def hostname(self) -> str:
        """The host alone: what passkeys belong to."""
        return urlsplit(self.base).hostname or ""

    def is_local(self, uri: str) -> bool:
        return uri == self.base or uri.startswith(self.base + "/")

    def path(self, uri: str) -> str | None:
        """The path of an address of ours, None for others'."""
        return uri.removeprefix(self.base) or "/" if self.is_local(uri) else None

    # --- actors

    def actor(self, username: str) -> str:
        return self.instance_actor if username == INSTANCE_ACTOR else f"{self.base}/users/{username}"

    @property
    def instance_actor(self) -> str:
        return f"{self.base}/actor"

    @property
    def partners(self) -> str:
        """The collection to which posts for partners are addressed."""
        return f"{self.instance_actor}/partners"

    def actor_endpoint(self, actor_uri: str, name: str) -> str:
        """`inbox`, `outbox`, `followers`, `following` or `featured` of an actor of ours."""
        return f"{actor_uri}/{name}"

    @property
    def shared_inbox(self) -> str:
        return f"{self.base}/inbox"

    def rsa_key(self, actor_uri: str) -> str:
        return f"{actor_uri}#main-key"

    def ed25519_key(self, actor_uri: str) -> str:
        return f"{actor_uri}#ed25519-key"

    def profile(self, username: str) -> str:
        return self.base if username == INSTANCE_ACTOR else f"{self.base}/@{username}"

    # --- objects

    def note(self, username: str, identifier: int) -> str:
        return f"{self.base}/users/{username}/statuses/{identifier}"

    def article(self, username: str, identifier: int) -> str:
        return f"{self.base}/users/{username}/articles/{identifier}"

    def post_page(self, username: str, identifier: int) -> str:
        return f"{self.base}/@{username}/{identifier}"

    def article_page(self, username: str, slug: str) -> str:
        return f"{self.base}/@{username}/{quote(slug)}"

    def context(self, identifier: int) -> str:
        return f"{self.base}/contexts/{identifier}"

    def quote_authorization(self, username: str, identifier: int) -> str:
        """Where an author of ours says that the post `identifier` may quote one of theirs."""
        return f"{self.actor(username)}/quote_authorizations/{identifier}"

    def tag(self, name: str) -> str:
        return f"{self.base}/tags/{quote(name)}"

    def tagged(self, username: str, name: str) -> str:
        """The page of one account's posts with a hashtag."""
        return f"{self.base}/@{username}/tagged/{quote(name)}"

    def media(self, key: str) -> str:
        return f"{self.base}/media/{key}"

    def remote_media(self, subject_id: int, shape: str, url: str) -> str:
        """Where a file of a peer is shown: `shape` is original, small, avatar, header or card."""
        if not self.proxies or not url or self.is_local(url):
            return url
        return f"{self.base}/media/proxy/{subject_id}/{shape}?v={self.file_token(url)}"

    @staticmethod
    def file_token(url: str) -> str:
        """What only those can tell who know an address: ids alone lead to nobody's private files."""
        return hashlib.sha256(url.encode()).hexdigest()[:20]

    def emoji(self, url: str, shape: str) -> str:
        """Where an emoji of peers is shown, the same wherever it stands: `shape` is original or small."""
        if not self.proxies or not self.secret or not url or self.is_local(url):
            return url
        return f"{self.base}/media/proxy/emoji/{shape}?u={quote(url, safe='')}&v={self.sign(url)}"

    def sign(self, url: str) -> str:
        """What only this node can make: it fetches no address that others thought of."""
        return hmac.new(self.secret, url.encode(), hashlib.sha256).hexdigest()[:32]

    # --- activities

    def create(self, object_uri: str) -> str:
        return f"{object_uri}/activity"

    def update(self, object_uri: str, moment: int) -> str:
        return f"{object_uri}#updates/{moment}"

    def delete(self, object_uri: str) -> str:
        return f"{object_uri}#delete"

    def undo(self, activity_uri: str) -> str:
        return f"{activity_uri}/undo" if "#" in activity_uri else f"{activity_uri}#undo"

    def activity(self, actor_uri: str, kind: str, identifier: int) -> str:
        """An activity that has no page: `kind` is follows, likes, blocks, accepts, rejects, pins …"""
        return f"{actor_uri}#{kind}/{identifier}"

    def boost(self, username: str, identifier: int) -> str:
        return f"{self.base}/users/{username}/statuses/{identifier}/activity"

    # --- pages

    def blog(self, username: str) -> str:
        return f"{self.base}/@{username}/blog"

    def static(self, name: str) -> str:
        return f"{self.base}/static/{name}"

    @property
    def streaming(self) -> str:
        """The address of streams without a path: clients add `/api/v1/streaming`."""
        return "ws" + self.base.removeprefix("http")
