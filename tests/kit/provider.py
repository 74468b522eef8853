"""A small identity provider on loopback: OpenID Connect with real HTTP and real signatures.

It logs in as `person`, without asking. `spoil` and `sign` let a test make it say wrong things;
`calls` holds what it was asked.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import unquote_plus, urlencode

from aiohttp import web
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from fedserver.config import OidcConfig
from tests.kit import keys, tls
from tests.kit.clock import Clock

HOST = "id.test"
ISSUER = f"https://{HOST}/realms/all"
CLIENT, SECRET = "node:1", "s3cr%t & +"
ANN_CLAIMS = {
    "sub": "ann-0001",
    "email": "ann@mail.test",
    "email_verified": True,
    "preferred_username": "ann",
    "name": "Ann A",
}


def make_config(**changes: Any) -> OidcConfig:
    """Return the configuration section of a node that trusts this provider."""
    known = {
        "issuer": ISSUER,
        "client_id": CLIENT,
        "client_secret": SECRET,
        "title": "Example Org",
        "allow_networks": ("127.0.0.0/8",),
        "ca_file": tls.write_ca_file(),
    }
    return OidcConfig(**{**known, **changes})


@cache
def _import_key() -> RSAKey:
    """Return the key that signs tokens; checking it takes longer than to start the provider."""
    return RSAKey.import_key(keys.rsa(7)[0], {"kid": "one"})


class StubProvider:
    """Start it with `await Provider.start(names, clock)`, stop it with `close`."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.person: dict[str, Any] = dict(ANN_CLAIMS)
        self.claim_overrides: dict[str, Any] = {}
        self.signer: Callable[[dict[str, Any]], str] = self.sign_token
        self.calls: list[str] = []
        self.key: RSAKey | ECKey = _import_key()
        self.algorithm = "RS256"
        self.userinfo: dict[str, Any] | None = None
        self.metadata: dict[str, Any] = {}
        self.is_broken = False
        self.codes: dict[str, dict[str, str]] = {}
        self._runner: web.AppRunner | None = None

    @classmethod
    async def start(cls, names: tls.LoopbackResolver, clock: Clock) -> StubProvider:
        provider = cls(clock)
        app = web.Application()
        app.router.add_get("/realms/all/.well-known/openid-configuration", provider._serve_discovery)
        app.router.add_get("/authorize", provider._serve_authorize)
        app.router.add_post("/token", provider._serve_token)
        app.router.add_get("/keys", provider._serve_keys)
        app.router.add_get("/userinfo", provider._serve_userinfo)
        provider._runner = web.AppRunner(app, access_log=None)
        await provider._runner.setup()
        site = web.TCPSite(provider._runner, "127.0.0.1", 0, ssl_context=tls.server_context(HOST))
        await site.start()
        names.ports[HOST] = provider._runner.addresses[0][1]
        return provider

    async def close(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def make_claims(self, nonce: str) -> dict[str, Any]:
        """Return the claims of an ID token issued now."""
        now = self.clock.now // 1000
        said = {"iss": ISSUER, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": nonce, **self.person}
        spoiled = {**said, **self.claim_overrides}
        return {name: value for name, value in spoiled.items() if value is not None}

    def sign_token(self, claims: dict[str, Any]) -> str:
        header = {"alg": self.algorithm, "kid": self.key.kid or ""}
        return jwt.encode(header, claims, self.key, algorithms=[self.algorithm])

    async def _serve_discovery(self, request: web.Request) -> web.Response:
        self.calls.append("discovery")
        if self.is_broken:
            return web.Response(status=503)
        base = f"https://{HOST}"
        return web.json_response({
            "issuer": ISSUER,
            "authorization_endpoint": f"{base}/authorize",
            "token_endpoint": f"{base}/token",
            "jwks_uri": f"{base}/keys",
            "userinfo_endpoint": f"{base}/userinfo",
            "id_token_signing_alg_values_supported": ["RS256", "ES256", "HS256", "none"],
            **self.metadata,
        })  # fmt: skip

    async def _serve_authorize(self, request: web.Request) -> web.Response:
        """Send the person back as logged in and consenting."""
        self.calls.append("authorize")
        query = dict(request.query)
        assert query["response_type"] == "code"
        assert query["client_id"] == CLIENT
        assert "openid" in query["scope"].split()
        assert query["code_challenge_method"] == "S256"
        if query.get("prompt") == "login":
            self.person["auth_time"] = self.clock.now // 1000
        code = secrets.token_urlsafe(16)
        self.codes[code] = query
        answer = urlencode({"code": code, "state": query["state"], "iss": ISSUER})
        return web.Response(status=302, headers={"Location": f"{query['redirect_uri']}?{answer}"})

    async def _serve_token(self, request: web.Request) -> web.Response:
        self.calls.append("token")
        body = await request.post()
        kind, _, pair = request.headers.get("Authorization", "").partition(" ")
        credentials = base64.b64decode(pair).decode().partition(":") if kind == "Basic" else ("", "", "")
        asked = self.codes.pop(str(body["code"]), None)
        challenge = hashlib.sha256(str(body["code_verifier"]).encode()).digest()
        right = (
            asked is not None
            and (unquote_plus(credentials[0]), unquote_plus(credentials[2])) == (CLIENT, SECRET)
            and asked["redirect_uri"] == body["redirect_uri"]
            and asked["code_challenge"] == base64.urlsafe_b64encode(challenge).rstrip(b"=").decode()
        )
        if not right or asked is None:
            return web.json_response({"error": "invalid_grant"}, status=400)
        token = self.signer(self.make_claims(asked["nonce"]))
        return web.json_response({"access_token": "for-userinfo", "token_type": "Bearer", "id_token": token})

    async def _serve_keys(self, request: web.Request) -> web.Response:
        self.calls.append("keys")
        odd = {"kty": "oct", "k": "c2VjcmV0", "kid": "shared"}
        found = KeySet([self.key]).as_dict(private=False)
        return web.json_response({"keys": [odd, {"kty": "new"}, *found["keys"]]})

    async def _serve_userinfo(self, request: web.Request) -> web.Response:
        self.calls.append("userinfo")
        if request.headers.get("Authorization") != "Bearer for-userinfo":
            return web.Response(status=401)
        return web.json_response(self.userinfo or {"sub": self.person.get("sub")})


def make_unsigned_token(claims: dict[str, Any]) -> str:
    """Return a token that says it needs no signature."""
    return f"{_encode_part({'alg': 'none', 'typ': 'JWT'})}.{_encode_part(claims)}."


def _encode_part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def sign_with_public_key(key: RSAKey | ECKey, claims: dict[str, Any]) -> str:
    """Return a token signed with the published key, as if that were a shared secret."""
    first = f"{_encode_part({'alg': 'HS256', 'typ': 'JWT', 'kid': key.kid})}.{_encode_part(claims)}"
    made = hmac.digest(key.as_pem(private=False), first.encode(), "sha256")
    return f"{first}.{base64.urlsafe_b64encode(made).rstrip(b'=').decode()}"
