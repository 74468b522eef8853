"""Pages that are opened often take few statements, when what they show is cached.

The bounds are what they take now: session and unread count are two of them for a member.
"""

from __future__ import annotations

from urllib.parse import quote

from tests.kit.nodes import Start, TestNode
from tests.kit.populated_nodes import populate
from tests.kit.visitors import Visitor, log_in_visitor

PROFILE, POST, BLOG = "/@{name}", "/@{name}/{place}", "/@{name}/blog"
GUEST_BUDGETS = {"/": 3, "/local": 1, "/blog": 2, "/explore": 2, "/about": 0, PROFILE: 6, POST: 5, BLOG: 4}
MEMBER_BUDGETS = {
    "/home": 10,
    "/local": 6,
    "/blog": 5,
    "/explore": 4,
    "/notifications": 13,
    "/write": 4,
    "/settings": 2,
    PROFILE: 9,
    POST: 8,
    BLOG: 7,
}
GUEST_ARTICLE_BUDGET, MEMBER_ARTICLE_BUDGET = 7, 10  # with others of its author, and of its tags


def _count(node: TestNode, route: str) -> float:
    """Return how many statements all requests for a declared path have taken."""
    (family,) = node.node.services.metrics.request_statements.collect()
    return sum(
        sample.value
        for sample in family.samples
        if sample.name.endswith("_sum") and sample.labels["route"] == route
    )


async def _list_excesses(
    node: TestNode, visitor: Visitor, budgets: dict[str, int], place: str
) -> dict[str, float]:
    excesses = {}
    for route, budget in budgets.items():
        path = route.replace("{name}", "ann").replace("{place}", place)
        await visitor.open(path)
        already = _count(node, route)
        page = await visitor.open(path)
        assert (page.status, page.path) == (200, path)
        taken = _count(node, route) - already
        excesses |= {path: taken} if taken > budget else {}
    return excesses


async def test_warm_pages_take_few_statements(start: Start) -> None:
    node = await start("alpha.test", metrics="127.0.0.1:0", rules=("Kindness",))
    ids = await populate(node)
    guest, member = Visitor(node), await log_in_visitor(node, "ann")
    post, article = str(ids["first"]), quote("αρθρο")
    assert await _list_excesses(node, guest, GUEST_BUDGETS, post) == {}
    assert await _list_excesses(node, member, MEMBER_BUDGETS, post) == {}
    assert await _list_excesses(node, guest, {POST: GUEST_ARTICLE_BUDGET}, article) == {}
    assert await _list_excesses(node, member, {POST: MEMBER_ARTICLE_BUDGET}, article) == {}
