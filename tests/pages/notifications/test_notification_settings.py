"""Who can notify a member, and the requests that were kept back, in the settings."""

from __future__ import annotations

import re

from fedserver.domain.notifications import notification_policies, notification_requests
from storage.engine import Page
from storage.rows.accounts import AccountRow
from tests.kit.filled_forms import read_form, send
from tests.kit.nodes import Start, TestNode
from tests.kit.visitors import Visitor, log_in_visitor

PATH = "/settings/notifications"
REQUESTS = f"{PATH}/requests"


async def begin(start: Start) -> tuple[TestNode, AccountRow, Visitor]:
    """Start a node on which Ann keeps back the notifications of those whom she does not follow."""
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    visitor = await log_in_visitor(node, "ann")
    page = await send(visitor, PATH, PATH, {"for_not_following": "filter", "for_limited_accounts": "drop"})
    assert "Saved." in page.text
    return node, ann, visitor


async def count_requests(node: TestNode, ann: AccountRow) -> int:
    async with node.db.read() as tx:
        return len((await notification_requests.list_by_account(tx, ann, Page()))[0])


async def test_policy_is_saved_as_chosen(start: Start) -> None:
    node, ann, visitor = await begin(start)
    async with node.db.read() as tx:
        row = (await notification_policies.get(tx, ann)).row
    assert (row.for_not_following, row.for_new_accounts, row.for_limited_accounts) == (
        "filter",
        "accept",
        "drop",
    )
    # A value that no form offers changes nothing.
    form = dict(read_form(await visitor.open(PATH), PATH).pairs)
    headers = {"Sec-Fetch-Site": "same-origin"}
    async with visitor.http.post(PATH, data={**form, "for_not_followers": "x"}, headers=headers) as answer:
        assert answer.status == 422


async def test_requests_are_accepted_and_dismissed(start: Start) -> None:
    node, ann, visitor = await begin(start)
    assert "Nothing is kept back." in (await visitor.open(REQUESTS)).text
    for name in ("bob", "cara", "dan", "eve"):
        await node.publish(await node.create_member(name), f"Hi @ann, I am {name}")
    await node.settle()
    assert "Notifications from 4 people wait" in (await visitor.open(PATH)).text
    page = await visitor.open(REQUESTS)
    first = read_first_action(page.text, "accept")
    page = await visitor.submit_action(page, first)
    assert page.path == REQUESTS
    assert "You accepted the request." in page.text
    page = await visitor.submit_action(page, read_first_action(page.text, "dismiss"))
    assert "You dismissed the request." in page.text
    assert await count_requests(node, ann) == 2
    await node.settle()
    assert (await visitor.open("/notifications")).text.count("mentioned you") == 1
    # The same form again, as from another window.
    token = dict(read_form(page, f"{REQUESTS}/accept").pairs)["csrf"]
    headers = {"Sec-Fetch-Site": "same-origin"}
    async with visitor.http.post(first, data={"csrf": token}, headers=headers) as answer:
        assert "This request is answered already." in await answer.text()
    page = await send(visitor, REQUESTS, f"{REQUESTS}/accept", {})
    assert await count_requests(node, ann) == 0


def read_first_action(page: str, act: str) -> str:
    """Return the address of the first form of a page that answers one request."""
    found = re.search(rf'action="({REQUESTS}/\d+/{act})"', page)
    assert found is not None
    return found[1]
