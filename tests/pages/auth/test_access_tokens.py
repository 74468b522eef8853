"""Personal access tokens in the settings: shown once, bounded, and no more than the role allows."""

from __future__ import annotations

import re

from fedserver.domain.auth import tokens
from tests.kit.api import Api
from tests.kit.filled_forms import read_form, send
from tests.kit.nodes import Start
from tests.kit.visitors import log_in_visitor

PATH = "/settings/tokens"


async def test_token_works_and_is_shown_once(start: Start) -> None:
    node = await start("alpha.test")
    await node.create_member("ann")
    visitor = await log_in_visitor(node, "ann")
    page = await send(visitor, PATH, PATH, {"scopes[]": ["read", "write"]})
    found = re.search(r'readonly value="([^"]{20,})"', page.text)
    assert found is not None
    api = Api(node, found[1])
    assert (await api.request("POST", "/api/v1/statuses", json={"status": "by a script"})).status == 200
    assert found[1] not in (await visitor.open(PATH)).text
    page = await visitor.submit_action(PATH, "/settings/apps/0/revoke")
    assert (await api.request("GET", "/api/v1/accounts/verify_credentials")).status == 401


async def test_token_is_refused_without_a_scope_above_the_role_and_beyond_the_bound(start: Start) -> None:
    node = await start("alpha.test")
    await node.create_member("ann")
    visitor = await log_in_visitor(node, "ann")
    page = await send(visitor, PATH, PATH, {"scopes[]": None})
    assert page.status == 422
    assert 'id="scopes-problem"' in page.text
    assert "admin:read" not in page.text
    page = await send(visitor, PATH, PATH, {"scopes[]": ["admin:read", "else"]})
    assert page.status == 422
    for _ in range(tokens.MAX_PERSONAL_TOKENS):
        page = await send(visitor, PATH, PATH, {"scopes[]": ["push"]})
        assert page.status == 200
    page = await send(visitor, PATH, PATH, {"scopes[]": ["push"]})
    assert page.status == 422
    assert "Please revoke them first." in page.text
    assert ("scopes[]", "push") in read_form(page, PATH).pairs
