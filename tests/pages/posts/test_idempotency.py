"""A form that is sent twice posts once, also days later by a browser that was offline."""

from __future__ import annotations

from tests.kit.api import Api
from tests.kit.nodes import Start
from tests.kit.visitors import log_in_visitor


async def test_form_sent_again_within_a_week_leads_to_the_same_post(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    visitor = await log_in_visitor(node, "ann")
    paths = []
    for hours in (0, 0, 72, 100):
        node.clock.forward(hours=hours)
        page = await visitor.fill_in("/write", "text", text="Once", key="k")
        paths.append(page.path)
    assert paths[0] == paths[1] == paths[2]
    assert paths[3] != paths[0], "after a week it is another post"

    api = Api(node, await node.create_token(ann))
    ids = []
    for hours in (0, 2):  # for apps a key counts for an hour, as in Mastodon
        node.clock.forward(hours=hours)
        answer = await api.request(
            "POST", "/api/v1/statuses", json={"status": "App"}, headers={"Idempotency-Key": "k2"}
        )
        ids.append(answer.body["id"])
    assert ids[0] != ids[1]
