"""A member deletes the own account on pages: only with the name and the password, and for good."""

from __future__ import annotations

from fedserver.domain.accounts import accounts
from storage.rows.accounts import AccountRow
from tests.kit.filled_forms import read_form, send
from tests.kit.nodes import PASSWORD, Start, TestNode
from tests.kit.visitors import Visitor, log_in_visitor

PATH = "/settings/delete"


async def is_deleted(node: TestNode, row: AccountRow) -> bool:
    async with node.db.read() as tx:
        return (await accounts.get(tx, row.id)).deleted_at is not None


async def test_account_is_deleted_with_name_and_password(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    visitor = await log_in_visitor(node, "ann")
    page = await send(visitor, PATH, PATH, {"username": "bob", "password": PASSWORD})
    assert page.status == 422
    assert 'id="username-problem"' in page.text
    page = await send(visitor, page, PATH, {"username": "@Ann", "password": "wrong"})
    assert page.status == 422
    assert 'id="password-problem"' in page.text
    assert dict(read_form(page, PATH).pairs) | {"csrf": ""} == {
        "csrf": "",
        "username": "@Ann",
        "password": "",
    }
    assert not await is_deleted(node, ann)
    page = await send(visitor, page, PATH, {"password": PASSWORD})
    assert page.path == "/goodbye"
    assert "Your account is deleted" in page.text
    assert await is_deleted(node, ann)
    assert not await visitor.is_logged_in()
    assert (await Visitor(node).log_in("ann")).status == 401


async def test_last_owner_and_old_sessions_are_refused(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann", "owner")
    visitor = await log_in_visitor(node, "ann")
    page = await send(visitor, PATH, PATH, {"username": "ann", "password": PASSWORD})
    assert page.status == 422
    assert 'role="alert"' in page.text
    assert not await is_deleted(node, ann)
    node.clock.forward(hours=1)
    assert (await visitor.open(PATH)).path.startswith("/login/again?next=")
