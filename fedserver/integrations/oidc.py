"""A client of the organization's identity provider (OpenID Connect Core 1.0 §3.1): discovery, code flow with
PKCE (RFC 7636), ID tokens (RFC 7519) with a signature by one of the provider's published keys.

Nothing that the browser sends back is trusted: claims come from an ID token that the provider issued for a
code, and from its userinfo. Requests go through a client of their own, with its own allowed private networks.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import quote_plus, urlencode

import msgspec
from msgspec import Struct

from fedserver.config import OidcConfig
from fedserver.net.client import Client, Response
from fedserver.net.errors import NetError
from fedserver.on_demand import on_demand

errors = on_demand("joserfc.errors")
jwk = on_demand("joserfc.jwk")
jwt = on_demand("joserfc.jwt")

# Signatures by a private key. Never `none`, never a shared secret (RFC 8725 §3.1).
ALGORITHMS = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519",
)  # fmt: skip
KEY_TYPES = frozenset({"RSA", "EC", "OKP"})
DISCOVERY_TTL_MS, MIN_KEYS_AGE_MS = 3_600_000, 60_000
LEEWAY_S = 60
MAX_REAUTH_AGE_S = 300  # the greatest age of a login that counts as reauthentication
T = TypeVar("T")


class ProviderError(Exception):
    """The reason, for the log, why the provider cannot be used or its answer is not valid."""


class Discovery(Struct, frozen=True):
    """The provider's metadata, as far as it is used here (OpenID Connect Discovery 1.0 §3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    end_session_endpoint: str = ""
    id_token_signing_alg_values_supported: tuple[str, ...] = ("RS256",)
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


class ProviderLogin(Struct, frozen=True):
    """A login at the provider: its claims about the person, and the ID token, which names the login there."""

    claims: dict[str, Any]
    id_token: str


class _Tokens(Struct, frozen=True):
    id_token: str
    access_token: str = ""


class OidcProvider:
    """A provider. Metadata and keys are cached for an hour; after a bad signature keys are read again."""

    def __init__(self, config: OidcConfig, client: Client, clock: Callable[[], int]) -> None:
        self._config = config
        self._client = client
        self._clock = clock
        self._discovery: tuple[int, Discovery] | None = None
        self._keys: tuple[int, Any] | None = None

    async def close(self) -> None:
        await self._client.close()

    async def discover(self) -> Discovery:
        """Return the provider's metadata. Raises ProviderError."""
        now = self._clock()
        if self._discovery is not None and now - self._discovery[0] < DISCOVERY_TTL_MS:
            return self._discovery[1]
        address = self._config.issuer.rstrip("/") + "/.well-known/openid-configuration"
        metadata = _decode_json(await self._get(address, {}), Discovery)
        if metadata.issuer.rstrip("/") != self._config.issuer.rstrip("/"):
            raise ProviderError(f"{address} is of {metadata.issuer[:200]!r}, not of the configured issuer")
        self._discovery = (now, metadata)
        return metadata

    async def build_login_url(
        self, redirect_uri: str, state: str, nonce: str, verifier: str, *, force_login: bool = False
    ) -> str:
        """Return the URL of the provider's login page; `force_login` asks for a new login there.

        Raises ProviderError.
        """
        metadata = await self.discover()
        digest = hashlib.sha256(verifier.encode()).digest()
        query = {
            "response_type": "code",
            "client_id": self._config.client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(dict.fromkeys(["openid", *self._config.scopes])),
            "state": state,
            "nonce": nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        if force_login:
            query |= {"prompt": "login", "max_age": str(MAX_REAUTH_AGE_S)}
        separator = "&" if "?" in metadata.authorization_endpoint else "?"
        return f"{metadata.authorization_endpoint}{separator}{urlencode(query)}"

    async def build_logout_url(self, id_token: str, return_uri: str) -> str:
        """Return the URL at which a login ends there too (OpenID Connect RP-Initiated Logout 1.0 §2).

        `id_token` names the login; it may be ''. Returns '' if the provider has none. Raises ProviderError.
        """
        endpoint = (await self.discover()).end_session_endpoint
        if not endpoint.startswith(("https://", "http://")):
            return ""
        query = {"client_id": self._config.client_id, "post_logout_redirect_uri": return_uri}
        if id_token:
            query = {"id_token_hint": id_token, **query}
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"

    async def fetch_login(self, redirect_uri: str, code: str, nonce: str, verifier: str) -> ProviderLogin:
        """Return the login of the person who came back with `code`. Raises ProviderError."""
        metadata = await self.discover()
        tokens = await self._exchange_code(metadata, redirect_uri, code, verifier)
        claims = await self._verify_id_token(metadata, tokens.id_token, nonce)
        if metadata.userinfo_endpoint and tokens.access_token and not self._has_all_claims(claims):
            bearer = {"Authorization": f"Bearer {tokens.access_token}"}
            more = _decode_json(await self._get(metadata.userinfo_endpoint, bearer), dict[str, Any])
            # OpenID Connect Core §5.3.2: otherwise the claims of another person may be substituted.
            if more.get("sub") != claims["sub"]:
                raise ProviderError("userinfo is about another person")
            claims = {**more, **claims}
        return ProviderLogin(claims, tokens.id_token)

    def _has_all_claims(self, claims: dict[str, Any]) -> bool:
        roles = self._config.roles_claim
        has_roles = not roles or roles in claims or roles.partition(".")[0] in claims
        wanted = ("email", "email_verified", "preferred_username", "name")
        return has_roles and all(name in claims for name in wanted)

    async def _exchange_code(
        self, metadata: Discovery, redirect_uri: str, code: str, verifier: str
    ) -> _Tokens:
        config = self._config
        body = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "client_id": config.client_id,
            "code_verifier": verifier,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        methods = metadata.token_endpoint_auth_methods_supported
        if config.client_secret and "client_secret_basic" in methods:
            # RFC 6749 §2.3.1: both halves are form-encoded first.
            pair = f"{quote_plus(config.client_id)}:{quote_plus(config.client_secret)}"
            headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        elif config.client_secret:
            body["client_secret"] = config.client_secret
        try:
            answer = await self._client.post(
                metadata.token_endpoint, urlencode(body).encode(), headers, read_all=True
            )
        except NetError as error:
            raise ProviderError(str(error)) from error
        return _decode_json(answer, _Tokens)

    async def _get(self, address: str, headers: dict[str, str]) -> Response:
        try:
            return await self._client.get_unshared(address, {"Accept": "application/json", **headers})
        except NetError as error:
            raise ProviderError(str(error)) from error

    async def _verify_id_token(self, metadata: Discovery, token: str, nonce: str) -> dict[str, Any]:
        """Return the claims of an ID token for us, for this login, signed by the provider (§3.1.3.7)."""
        offered = metadata.id_token_signing_alg_values_supported
        algorithms = [algorithm for algorithm in ALGORITHMS if algorithm in offered]
        if not algorithms:
            raise ProviderError("the provider signs with no algorithm that we accept")
        try:
            claims = (await self._decode_token(metadata, token, algorithms)).claims
            registry = jwt.JWTClaimsRegistry(
                now=self._clock() // 1000,
                leeway=LEEWAY_S,
                iss={"essential": True, "value": metadata.issuer},
                aud={"essential": True, "value": self._config.client_id},
                sub={"essential": True},
                exp={"essential": True},
                iat={"essential": True},
                nonce={"essential": True, "value": nonce},
            )
            registry.validate(claims)
        except (errors.JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
            raise ProviderError(f"the ID token is not right: {error}") from error
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if claims.get("azp", None if several else self._config.client_id) != self._config.client_id:
            raise ProviderError("the ID token was made for another party")
        return dict(claims)

    async def _decode_token(self, metadata: Discovery, token: str, algorithms: list[str]) -> Any:
        keys = await self._load_key_set(metadata, 0)
        try:
            return jwt.decode(token, keys, algorithms=algorithms)
        except (errors.JoseError, ValueError):
            # The provider may have a new key, also under the name or in the place of the former one. Forged
            # tokens cannot make us fetch the keys more than once a minute.
            newer = await self._load_key_set(metadata, MIN_KEYS_AGE_MS)
            if newer is keys:
                raise
            return jwt.decode(token, newer, algorithms=algorithms)

    async def _load_key_set(self, metadata: Discovery, older_than: int) -> Any:
        """Return the provider's keys, fetched again after `older_than` ms (0: DISCOVERY_TTL_MS)."""
        now = self._clock()
        max_age = older_than or DISCOVERY_TTL_MS
        if self._keys is not None and now - self._keys[0] < max_age:
            return self._keys[1]
        document = _decode_json(await self._get(metadata.jwks_uri, {}), dict[str, Any])
        listed = document.get("keys")
        usable = [key for key in listed if _is_usable(key)] if isinstance(listed, list) else []
        try:
            keys = jwk.KeySet.import_key_set({"keys": usable})
        except Exception as error:
            # Keys come from a remote server: the libraries may raise anything while they parse them.
            raise ProviderError(f"{metadata.jwks_uri}: the keys cannot be read: {error}") from error
        self._keys = (now, keys)
        return keys


def _is_usable(key: Any) -> bool:
    """Return True for a public key that may sign; a shared secret never may."""
    return isinstance(key, dict) and key.get("kty") in KEY_TYPES and key.get("use", "sig") == "sig"


def _decode_json(answer: Response, kind: type[T]) -> T:
    if answer.status != 200:
        raise ProviderError(f"{answer.url} answered {answer.status}: {answer.body[:200]!r}")
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ProviderError(f"{answer.url} cannot be read: {error}") from error
