"""OAuth server metadata (RFC 8414), and user info of a token (OpenID Connect §5.3)."""

from __future__ import annotations

from typing import Any

from fedserver.domain.kernel import scopes
from fedserver.web.endpoint import EVERYONE, USER, Call, NoParams, Routes

routes = Routes("oauth")


@routes.get("/.well-known/oauth-authorization-server", tx="own", audience=EVERYONE)
async def show_metadata(call: Call[NoParams]) -> dict[str, Any]:
    """Return the server metadata (RFC 8414 §2)."""
    base = call.site.links.base
    return {
        "issuer": f"{base}/",
        "service_documentation": "https://docs.joinmastodon.org/",
        "authorization_endpoint": f"{base}/oauth/authorize",
        "token_endpoint": f"{base}/oauth/token",
        "app_registration_endpoint": f"{base}/api/v1/apps",
        "revocation_endpoint": f"{base}/oauth/revoke",
        "revocation_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "userinfo_endpoint": f"{base}/oauth/userinfo",
        "scopes_supported": list(scopes.ALL_SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "client_credentials"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
    }


async def show_userinfo(call: Call[NoParams]) -> dict[str, Any]:
    """Return the account of a token (OpenID Connect §5.3.2)."""
    account, links = call.account, call.site.links
    picture = (
        links.with_grant(links.media(account.avatar_key))
        if account.avatar_key
        else links.static("avatar.png")
    )
    return {
        "iss": f"{links.base}/",
        "sub": account.uri,
        "name": account.display_name,
        "preferred_username": account.username,
        "profile": account.url,
        "picture": picture,
    }


routes.get("/oauth/userinfo", auth=USER, scope="profile", tx="own")(show_userinfo)
routes.post("/oauth/userinfo", auth=USER, scope="profile", tx="own")(show_userinfo)
