"""A remote account that its peer calls gone, and that comes back: what was decided about it still holds."""

from __future__ import annotations

import pytest

from activitypub import activities
from fedserver.domain.accounts import accounts
from fedserver.domain.moderation import moderation
from fedserver.domain.moderation.moderation import ModerationAction
from storage.queries.accounts import accounts as account_queries
from tests.kit import tls
from tests.kit.api import Api
from tests.kit.nodes import Start
from tests.kit.peers import PUBLIC
from tests.kit.signed_requests import StubPeer, deliver

ADMIN_SCOPES = "read write follow admin:read admin:write"


@pytest.mark.parametrize("way", ["410", "Delete"])
async def test_account_that_comes_back_has_its_limits_and_blocks(
    start: Start, names: tls.LoopbackResolver, way: str
) -> None:
    alpha = await start("alpha.test")
    ann = await alpha.create_member("ann")
    api = Api(alpha, await alpha.create_token(ann))
    admin = Api(alpha, await alpha.create_token(await alpha.create_member("mod", "admin"), ADMIN_SCOPES))
    resolver = alpha.node.services.resolver
    async with StubPeer(names, "beta.test") as beta:
        eve, joe = beta.serve_actor("eve", 1), beta.serve_actor("joe", 2)
        rows = {}
        for name in ("eve", "joe"):
            row = await resolver.resolve_account(f"@{name}@beta.test")
            assert row is not None
            rows[name] = row
        await api.post(f"/api/v1/accounts/{rows['eve'].id}/block")
        async with alpha.db.write() as tx:
            for kind in ("silence", "sensitive"):
                await moderation.apply(tx, alpha.site, None, rows["eve"].id, ModerationAction(kind))
        for number, uri in enumerate((eve, joe), 1):
            if way == "Delete":
                gone = activities.delete_actor(f"{uri}#delete", uri)
                assert await deliver(alpha, gone, number=number) == 202
            else:
                beta.serve(uri.removeprefix(beta.base), {}, status=410)
                assert await resolver.fetch_actor(uri) is None
        await alpha.settle()
        async with alpha.db.read() as tx:
            assert await accounts.find_by_uri(tx, eve) is None
            assert await account_queries.find(tx, rows["joe"].id) is None, "nothing stays of a stranger"

        assert (await api.request("GET", f"/api/v1/accounts/{rows['eve'].id}")).status == 404
        assert (await api.request("GET", "/api/v1/accounts/lookup?acct=eve@beta.test")).status == 404
        [blocked] = await api.get("/api/v1/blocks")
        assert blocked["acct"] == "eve@beta.test", "whoever blocked it can see and end that"
        [kept] = await admin.get("/api/v2/admin/accounts", by_domain="beta.test")
        assert (kept["username"], kept["silenced"], kept["sensitized"], kept["suspended"]) == (
            "eve",
            True,
            True,
            False,
        )

        beta.serve_actor("eve", 1, name="Clean")
        again = await resolver.resolve_account("@eve@beta.test")
        assert again is not None
        assert again.silenced_at is not None
        [relation] = await api.get(f"/api/v1/accounts/relationships?id[]={again.id}")
        assert relation["blocking"]
        assert (await api.get(f"/api/v1/accounts/{again.id}"))["display_name"] == "Clean"

        await api.post(f"/api/v1/accounts/{again.id}/unblock")
        for kind in ("unsilence", "unsensitive"):
            await admin.post(f"/api/v1/admin/accounts/{again.id}/{kind}")
        beta.serve("/users/eve", {}, status=410)
        assert await resolver.fetch_actor(eve) is None
        async with alpha.db.read() as tx:
            assert await account_queries.find(tx, again.id) is None, "nothing is decided any more"


async def test_suspended_account_that_comes_back_is_not_heard(
    start: Start, names: tls.LoopbackResolver
) -> None:
    alpha = await start("alpha.test")
    admin = Api(alpha, await alpha.create_token(await alpha.create_member("mod", "admin"), ADMIN_SCOPES))
    resolver = alpha.node.services.resolver
    async with StubPeer(names, "beta.test") as beta:
        eve = beta.serve_actor("eve", 1)
        row = await resolver.resolve_account("@eve@beta.test")
        assert row is not None
        await admin.post(f"/api/v1/admin/accounts/{row.id}/action", type="suspend")
        beta.serve("/users/eve", {}, status=410)
        assert await resolver.fetch_actor(eve) is None
        beta.serve_actor("eve", 3)
        mod_uri = f"{alpha.base}/users/mod"
        note = {
            "id": f"{eve}/1", "type": "Note", "attributedTo": eve, "content": "<p>x</p>", "to": [PUBLIC],
            "cc": [mod_uri], "published": "2026-11-01T00:00:00Z",
            "tag": [{"type": "Mention", "href": mod_uri, "name": "@mod"}],
        }  # fmt: skip
        await deliver(alpha, activities.create(f"{eve}/1/create", eve, note), number=3)
        await alpha.settle()
        assert await admin.get("/api/v1/notifications") == []
        shown = await admin.get(f"/api/v1/admin/accounts/{row.id}")
        assert shown["suspended"]
