"""A peer that does not answer holds up nobody else, neither what goes out nor what came in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web

from activitypub import activities
from fedserver.domain.relationships import follows
from storage.queries.posts import posts as post_queries
from tests.kit import people, tls
from tests.kit.nodes import Start, TestNode
from tests.kit.peers import PUBLIC, Document, StubPeers, make_actor

LIVING = [f"quick{number}.test" for number in range(3)]
SLOW = "slow.test"


class Hosts(StubPeers):
    """`slow.test` answers when it is let go. `came` are the hosts and texts that inboxes saw."""

    def __init__(self, names: tls.LoopbackResolver) -> None:
        super().__init__(names, SLOW, *LIVING)
        self.let_go = asyncio.Event()
        self.asked_slow = asyncio.Event()
        self.came: asyncio.Queue[tuple[str, str]] = asyncio.Queue()

    async def _receive(self, request: web.Request) -> web.Response:
        activity = await request.json()
        note = activity["object"]
        self.came.put_nowait((request.host, note.get("content", "") if isinstance(note, dict) else ""))
        if request.host == SLOW:
            await self.let_go.wait()
        return web.Response(status=202)

    async def _serve_document(self, request: web.Request) -> web.Response:
        if request.host == SLOW and request.path.startswith("/notes"):
            self.asked_slow.set()
            await self.let_go.wait()
        return await super()._serve_document(request)

    async def got(self, text: str, *hosts: str) -> None:
        """Until these and no others saw a post of that text."""
        missing = set(hosts)
        while missing:
            host, content = await self.came.get()
            assert text in content, (host, content)
            missing.remove(host)


async def until(node: TestNode, check: Callable[[], Awaitable[bool]]) -> None:
    """Until `check` holds; it is asked again after each event."""
    heard = asyncio.Event()
    stop = node.db.listen(lambda event: heard.set())
    async with asyncio.timeout(5):
        while not await check():
            await heard.wait()
            heard.clear()
    stop()


async def test_silent_peer_does_not_delay_others(start: Start, names: tls.LoopbackResolver) -> None:
    alpha = await start("alpha.test")
    ann = await alpha.create_member("ann")
    async with Hosts(names) as hosts, asyncio.timeout(10):
        async with alpha.db.write() as tx:
            for host in (SLOW, *LIVING):
                fan = await people.create_remote_account(tx, "fan", host)
                hosts.serve(make_actor(fan.uri, "fan"))
                await follows.receive(tx, fan, ann, f"{fan.uri}#follow")
                if host == SLOW:
                    await follows.follow(tx, alpha.site, ann, fan)
                    await follows.receive_answer(tx, fan, ann.id, None, accepted=True)
        hosts.let_go.set()
        await alpha.settle()  # the Accepts
        hosts.let_go.clear()
        while not hosts.came.empty():
            hosts.came.get_nowait()
        alpha.node.runner.start()

        # Out: the living have each post while the silent one has the first in hand.
        await alpha.publish(ann, "first")
        await hosts.got("first", SLOW, *LIVING)
        await alpha.publish(ann, "second")
        await hosts.got("second", *LIVING)
        liked = await alpha.publish(ann, "third")
        await hosts.got("third", *LIVING)

        # In: what another host says is done while a post that the silent one boosts is waited for.
        async with alpha.db.read() as tx:
            post = await post_queries.find(tx, liked)
        fans = [f"https://{host}/users/fan" for host in (SLOW, LIVING[0])]
        notes = [f"https://{SLOW}/notes/{number}" for number in (1, 2)]
        for note in notes:
            hosts.serve(_note(note, fans[0]))
            boost = activities.announce(f"{note}#boost", fans[0], note, [PUBLIC], [], alpha.clock())
            assert await hosts.deliver(alpha, fans[0], boost) == 202
        await hosts.asked_slow.wait()
        for fan in fans:
            assert (
                await hosts.deliver(alpha, fan, activities.like(f"{fan}#like", fan, post.uri, ann.uri)) == 202
            )
        await until(alpha, lambda: likes(alpha, liked, 1))
        hosts.let_go.set()
        await until(alpha, lambda: likes(alpha, liked, 2))
        async with alpha.db.read() as tx:
            shared = [await post_queries.find_by_uri(tx, f"{note}#boost") for note in notes]
        assert all(shared), "what one host says is done in its order"

        # Then the silent one gets the rest, in order.
        await hosts.got("second", SLOW)
        await hosts.got("third", SLOW)


def _note(uri: str, author: str) -> Document:
    return {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": uri,
        "type": "Note",
        "attributedTo": author,
        "content": "<p>slow</p>",
        "to": [PUBLIC],
    }


async def likes(node: TestNode, post_id: int, wanted: int) -> bool:
    async with node.db.read() as tx:
        row = await post_queries.find(tx, post_id)
    assert row is not None
    return row.likes_count == wanted
