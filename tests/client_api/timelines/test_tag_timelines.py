"""Tag timelines and the parameters that they are narrowed and widened with."""

from __future__ import annotations

import io
from typing import Any

from fedserver.domain.posts import remote_posts
from tests.domain.posts.test_remote_posts import remote
from tests.kit import people
from tests.kit.api import Api
from tests.kit.nodes import Start
from tests.kit.pictures import make_picture


async def test_tag_timeline_obeys_each_of_its_parameters(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    api = Api(node, await node.create_token(ann))
    texts = {"fox": "#fox", "fox owl": "#fox #owl", "owl": "#owl", "fox owl cat": "#fox #owl #cat"}
    names = {}
    for name, text in texts.items():
        names[(await api.post("/api/v1/statuses", status=text))["id"]] = name
    picture = {"file": io.BytesIO(make_picture())}
    media = (await api.request("POST", "/api/v2/media", data=picture)).body
    shown = await api.post("/api/v1/statuses", status="#fox seen", media_ids=[media["id"]])
    names[shown["id"]] = "fox picture"
    async with node.db.write() as tx:
        bob = await people.create_remote_account(tx, "bob", "beta.test")
        row = await remote_posts.receive(tx, bob, remote("https://beta.test/1", bob.uri, tags=("fox",)))
    assert row is not None
    names[str(row.id)] = "remote fox"

    async def read(**params: Any) -> set[str]:
        found = await api.get("/api/v1/timelines/tag/fox", **params)
        return {names[status["id"]] for status in found}

    assert await read() == {"fox", "fox owl", "fox owl cat", "fox picture", "remote fox"}
    assert await read(**{"any[]": "OWL"}) == {
        "fox",
        "fox owl",
        "owl",
        "fox owl cat",
        "fox picture",
        "remote fox",
    }
    assert await read(**{"all[]": "owl"}) == {"fox owl", "fox owl cat"}
    assert await read(**{"all[]": ["owl", "cat"]}) == {"fox owl cat"}
    assert await read(**{"all[]": ["owl", "unknown"]}) == set()
    assert await read(**{"none[]": ["owl", "unknown"]}) == {"fox", "fox picture", "remote fox"}
    assert await read(**{"all[]": "owl", "none[]": "cat"}) == {"fox owl"}
    assert await read(**{"any[]": "owl", "none[]": "cat"}) == {
        "fox",
        "fox owl",
        "owl",
        "fox picture",
        "remote fox",
    }
    assert await read(local="true") == {"fox", "fox owl", "fox owl cat", "fox picture"}
    assert await read(remote="true") == {"remote fox"}
    assert await read(only_media="true") == {"fox picture"}
    # Pages follow each other without a gap, also over several tags.
    seen, last = [], ""
    while page := await api.get(
        "/api/v1/timelines/tag/fox", **{"any[]": "owl", "limit": 2, **({"max_id": last} if last else {})}
    ):
        seen += [names[status["id"]] for status in page]
        last = page[-1]["id"]
    assert len(seen) == len(set(seen)) == 6
    oldest = min(names, key=int)
    up = await api.get("/api/v1/timelines/tag/fox", **{"any[]": "owl", "limit": 2, "min_id": oldest})
    assert [status["id"] for status in up] == sorted(names, key=int)[1:3][::-1]
