"""Files of a peer, shown from here: fetched once, cleaned, kept within a budget, for whom they are."""

from __future__ import annotations

import asyncio
import io
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import msgspec
from aiohttp import web
from PIL import Image

from fedserver.domain.accounts import accounts
from fedserver.domain.peers import peers
from fedserver.domain.posts import remote_posts
from fedserver.federation.remote_files import FAILURE_TTL_S
from storage.queries.content import media as media_queries
from storage.queries.content import remote_files as remote_file_queries
from tests.client_api.content.test_video import list_files, upload
from tests.domain.posts.test_polls import question
from tests.journeys.test_federation import follow, settle
from tests.kit import people, tls, videos
from tests.kit.api import Api
from tests.kit.nodes import Start, TestNode
from tests.kit.peers import StubPeers, make_actor
from tests.kit.sites import StubSite
from tests.media.test_images import with_gps


class Two:
    """Ann at alpha follows Bob at beta, and both have clients."""

    def __init__(self, alpha: TestNode, beta: TestNode, ann: Api, bob: Api) -> None:
        self.alpha, self.beta, self.ann, self.bob = alpha, beta, ann, bob

    async def settle(self) -> None:
        await settle(self.alpha, self.beta)

    async def post_file(self, data: bytes, **post: Any) -> dict[str, Any]:
        """Return the attachment of a post of Bob's, as Ann gets it."""
        made = await upload(self.bob, data, version=1)
        assert made.status == 200, made.body
        await self.bob.post("/api/v1/statuses", status="see", media_ids=[made.body["id"]], **post)
        await self.settle()
        status: dict[str, Any] = (await self.ann.get("/api/v1/timelines/home"))[0]
        return status["media_attachments"][0] | {"status": status}  # type: ignore[no-any-return]


async def begin(start: Start, **config: Any) -> Two:
    alpha, beta = await start("alpha.test", **config), await start("beta.test")
    ann, bob = await alpha.create_member("ann"), await beta.create_member("bob")
    await follow(alpha, ann, "@bob@beta.test")
    await settle(alpha, beta)
    return Two(
        alpha, beta, Api(alpha, await alpha.create_token(ann)), Api(beta, await beta.create_token(bob))
    )


async def read(node: TestNode, url: str, **headers: str) -> tuple[int, bytes, Any]:
    async with node.http.get(url, headers=headers) as answer:
        return answer.status, await answer.read(), answer.headers


async def test_remote_image_is_fetched_once_and_served_by_the_proxy(start: Start) -> None:
    two = await begin(start)
    file = await two.post_file(with_gps())
    assert file["url"].startswith(f"https://alpha.test/media/proxy/{file['id']}/original")
    assert file["preview_url"].startswith(f"https://alpha.test/media/proxy/{file['id']}/small")
    assert file["remote_url"].startswith("https://beta.test/media/")
    assert two.beta.requested_paths.count(urlsplit(file["remote_url"]).path) == 0
    answers = await asyncio.gather(*(read(two.alpha, file["url"]) for _ in range(5)))
    assert {status for status, *_ in answers} == {200}
    status, small, headers = await read(two.alpha, file["preview_url"])
    assert status == 200
    assert headers["Content-Type"] == "image/jpeg"
    assert len(small) < len(answers[0][1])
    assert "sandbox" in headers["Content-Security-Policy"]
    assert two.beta.requested_paths.count(urlsplit(file["remote_url"]).path) == 1
    # Addresses say nothing of what lies here: a status that was encoded before is right afterwards.
    again = (await two.ann.get("/api/v1/timelines/home"))[0]["media_attachments"][0]
    assert again["url"] == file["url"]


async def test_size_that_the_peer_did_not_tell_is_known_after_the_fetch(
    start: Start, names: tls.LoopbackResolver
) -> None:
    alpha = await start("alpha.test")
    bob = await alpha.create_member("bob")
    api = Api(alpha, await alpha.create_token(bob))
    picture = io.BytesIO()
    Image.new("RGB", (64, 48), "red").save(picture, "PNG")
    pages = {
        f"/{name}.png": web.Response(body=picture.getvalue(), content_type="image/png")
        for name in ("bare", "told")
    }
    async with StubSite(names, "bare.test", pages), StubPeers(names, "peer.test") as peer:
        told = {
            "width": 640,
            "height": 480,
            "blurhash": "LEHV6nWB2yk8pyo0adR*.7kCMdnj",
            "focalPoint": [0.5, -0.5],
        }
        actor = make_actor("https://peer.test/users/ann", "ann")
        note = {
            "id": "https://peer.test/notes/1",
            "type": "Note",
            "attributedTo": actor["id"],
            "to": ["https://www.w3.org/ns/activitystreams#Public"],
            "content": "<p>see</p>",
            "attachment": [
                {"type": "Document", "mediaType": "image/png", "url": "https://bare.test/bare.png"},
                {"type": "Document", "mediaType": "image/png", "url": "https://bare.test/told.png", **told},
            ],
        }
        peer.serve(actor, note)
        [status] = (await api.get("/api/v2/search", q=note["id"], resolve="true"))["statuses"]
        before = status["media_attachments"]
        assert "original" not in before[0]["meta"]
        assert before[0]["blurhash"] is None
        for file in before:
            assert (await read(alpha, file["url"]))[0] == 200
        bare, kept = (await api.get(f"/api/v1/statuses/{status['id']}"))["media_attachments"]
    assert bare["meta"]["original"] == {"width": 64, "height": 48, "size": "64x48", "aspect": 1.333333}
    assert bare["blurhash"]
    assert kept == before[1]
    assert kept["meta"]["original"]["width"] == 640


async def test_proxy_address_without_its_signature_is_not_found(start: Start) -> None:
    two = await begin(start)
    file = await two.post_file(with_gps(), visibility="private")
    bare, _, token = file["url"].partition("?v=")
    assert (await read(two.alpha, bare))[0] == 404
    assert (await read(two.alpha, f"{bare}?v={token[:-1]}x"))[0] == 404
    assert (await read(two.alpha, bare.replace("original", "avatar") + f"?v={token}"))[0] == 404
    assert (await read(two.alpha, file["url"]))[0] == 200


async def test_remote_video_is_served_in_ranges(start: Start) -> None:
    two = await begin(start)
    file = await two.post_file(videos.make_video())
    assert file["type"] == "video"
    assert file["preview_url"] is None
    status, part, headers = await read(two.alpha, file["url"], Range="bytes=4-7")
    assert (status, part, headers["Content-Type"]) == (206, b"ftyp", "video/mp4")
    status, whole, _ = await read(two.alpha, file["url"], Range="bytes=0-1,4-7")
    assert (status, whole[4:8]) == (200, b"ftyp")


async def test_remote_avatars_are_served_by_the_proxy(start: Start) -> None:
    two = await begin(start)
    form = aiohttp.FormData()
    form.add_field("avatar", with_gps(), filename="a.jpg")
    await two.bob.request("PATCH", "/api/v1/accounts/update_credentials", data=form)
    await two.settle()
    found = (await two.ann.get("/api/v1/accounts/search", q="bob"))[0]
    assert found["avatar"].startswith(f"https://alpha.test/media/proxy/{found['id']}/avatar?v=")
    assert found["header"].startswith("https://alpha.test/static/")
    status, body, headers = await read(two.alpha, found["avatar"])
    assert status == 200
    assert headers["Content-Type"] == "image/jpeg"
    assert b"secret" not in body
    form = aiohttp.FormData()
    form.add_field("avatar", square(), filename="b.png")
    await two.bob.request("PATCH", "/api/v1/accounts/update_credentials", data=form)
    await two.settle()
    changed = (await two.ann.get("/api/v1/accounts/search", q="bob"))[0]
    assert changed["avatar"] != found["avatar"]
    assert (await read(two.alpha, found["avatar"]))[0] == 404
    assert (await read(two.alpha, changed["avatar"]))[0] == 200
    await two.settle()
    assert len(list_files(two.alpha)) == 1


def square() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (90, 90), "teal").save(out, "PNG")
    return out.getvalue()


async def test_failed_fetch_is_not_repeated_for_a_while(start: Start) -> None:
    two = await begin(start)
    file = await two.post_file(with_gps())
    async with two.beta.db.read() as tx:
        bob = await accounts.get_local(tx, "bob")
        used = await media_queries.sum_bytes(tx, bob.id)
    assert used > 0
    folder = two.beta.node.services.store.root
    folder.rename(folder.with_name("away"))
    for _ in range(3):
        assert (await read(two.alpha, file["url"]))[0] == 404
    assert two.beta.requested_paths.count(urlsplit(file["remote_url"]).path) == 1
    folder.with_name("away").rename(folder)
    two.alpha.clock.forward(seconds=FAILURE_TTL_S + 1)
    assert (await read(two.alpha, file["url"]))[0] == 200


async def test_proxy_with_a_silent_or_wrong_peer_answers_an_error(start: Start) -> None:
    two = await begin(start)
    file = await two.post_file(with_gps())
    path = next(
        path for path in list_files(two.beta) if urlsplit(file["remote_url"]).path.endswith(path.name)
    )
    path.write_bytes(b"<script>alert(1)</script>")
    assert (await read(two.alpha, file["url"]))[0] == 404
    assert list_files(two.alpha) == []
    del two.alpha.names.ports["beta.test"]
    two.alpha.clock.forward(seconds=FAILURE_TTL_S + 1)
    assert (await read(two.alpha, file["url"]))[0] in (404, 502)


async def test_full_cache_evicts_the_least_recently_used_file(start: Start) -> None:
    two = await begin(start, media={"remote_cache_bytes": 150_000})
    files = []
    for _ in range(3):
        files.append(await two.post_file(with_gps()))
        assert (await read(two.alpha, files[-1]["url"]))[0] == 200
        two.alpha.clock.forward(hours=2)
    assert (await read(two.alpha, files[0]["url"]))[0] == 200
    before = len(list_files(two.alpha))
    two.alpha.clock.forward(hours=2)
    await two.settle()
    async with two.alpha.db.read() as tx:
        left = [row.subject_id for row in await remote_file_queries.list_oldest(tx, 10)]
        assert await remote_file_queries.sum_bytes(tx) <= 150_000
    assert int(files[1]["id"]) not in left
    assert len(list_files(two.alpha)) < before
    asked = len(two.beta.requested_paths)
    assert (await read(two.alpha, files[1]["url"]))[0] == 200
    assert len(two.beta.requested_paths) == asked + 1


async def test_removed_post_takes_its_cached_files_along(start: Start) -> None:
    two = await begin(start)
    file = await two.post_file(with_gps())
    assert (await read(two.alpha, file["url"]))[0] == 200
    status = (await two.bob.get("/api/v1/timelines/home"))[0]
    await two.bob.delete(f"/api/v1/statuses/{status['id']}")
    await two.settle()
    assert (await read(two.alpha, file["url"]))[0] == 404
    two.alpha.clock.forward(hours=2)
    await two.settle()
    assert list_files(two.alpha) == []


async def test_remote_files_without_the_proxy_keep_their_addresses(start: Start) -> None:
    two = await begin(start, media={"proxy": False})
    file = await two.post_file(with_gps())
    assert file["url"] == file["remote_url"]
    _, _, headers = await read(two.alpha, "/about", Accept="text/html")
    assert "https:" in headers["Content-Security-Policy"]
    _, _, headers = await read(two.beta, "/about", Accept="text/html")
    assert "img-src 'self' data:; media-src 'self';" in headers["Content-Security-Policy"]


def moving() -> bytes:
    out = io.BytesIO()
    frames = [Image.new("RGBA", (48, 48), (200, shade, 0, shade)) for shade in (0, 120, 250)]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=200, loop=0)
    return out.getvalue()


def wide() -> bytes:
    out = io.BytesIO()
    Image.effect_mandelbrot((1200, 600), (-2, -1, 1, 1), 20).save(out, "PNG")
    return out.getvalue()


def news(picture: str) -> str:
    return f'<title>News</title><meta property="og:image" content="{picture}">'


async def test_card_images_are_served_by_the_proxy(start: Start, names: tls.LoopbackResolver) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    api = Api(node, await node.create_token(ann))
    pages: dict[str, str | web.Response] = {
        "/": news("/p.png"),
        "/p.png": web.Response(body=wide(), content_type="text/plain"),
        "/bad": news("/script.png"),
        "/script.png": web.Response(body=b"<svg onload=alert(1)>", content_type="image/png"),
        "/inside": news("http://10.0.0.8/p.png"),
    }

    async def card(path: str) -> Any:
        post_id = await node.publish(ann, f"https://news.test{path}")
        await node.settle()
        return (await api.get(f"/api/v1/statuses/{post_id}"))["card"] | {"post": post_id}

    async with StubSite(names, "news.test", pages) as site:
        shown = await card("/")
        assert shown["image"].startswith("https://alpha.test/media/proxy/")
        assert "/card?v=" in shown["image"]
        assert (shown["width"], shown["blurhash"]) == (0, None)
        assert "/p.png" not in site.requested_paths
        for _ in range(2):
            status, body, headers = await read(node, shown["image"])
            assert status == 200
            assert "sandbox" in headers["Content-Security-Policy"]
        assert headers["Content-Type"] == "image/jpeg"
        assert site.requested_paths.count("/p.png") == 1
        assert Image.open(io.BytesIO(body)).size == (640, 320)
        known = (await api.get(f"/api/v1/statuses/{shown['post']}"))["card"]
        assert (known["width"], known["height"]) == (640, 320)
        assert len(known["blurhash"]) > 20
        node.clock.forward(days=15)
        again = await card("/")
        assert {**again, "post": 0} == {**known, "post": 0}, "a page that is read anew keeps its picture"
        assert (await read(node, shown["image"]))[0] == 200
        assert site.requested_paths.count("/p.png") == 1
        for wrong in (shown["image"][:-1] + "x", shown["image"].replace("/card", "/original")):
            assert (await read(node, wrong))[0] == 404
        assert (await read(node, (await card("/bad"))["image"]))[0] == 404
        assert (await read(node, (await card("/inside"))["image"]))[0] == 502
    assert len(list_files(node)) == 1


async def test_remote_emoji_are_served_by_the_proxy(start: Start, names: tls.LoopbackResolver) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    api = Api(node, await node.create_token(ann))
    where = "https://pics.test/cat.gif?s=1&t=2"
    facts = msgspec.json.encode([{"shortcode": "cat", "url": where, "static_url": where}]).decode()
    async with node.db.write() as tx:
        bob = await people.create_remote_account(tx, "bob", emojis=facts, display_name="Bob :cat:")
        post = await remote_posts.receive(
            tx, bob, question(f"{bob.uri}/1", bob, ("A", 1), ("B", 2), emojis=facts)
        )
    assert post is not None
    status = await api.get(f"/api/v1/statuses/{post.id}")
    [emoji] = status["emojis"]
    assert emoji["url"].startswith("https://alpha.test/media/proxy/emoji/original?u=https%3A%2F%2Fpics.test")
    assert emoji["static_url"].startswith("https://alpha.test/media/proxy/emoji/small?u=")
    assert status["account"]["emojis"] == status["poll"]["emojis"] == [emoji], "one address everywhere"
    picture = web.Response(body=moving(), content_type="image/gif")
    async with StubSite(names, "pics.test", {"/cat.gif?s=1&t=2": picture}) as site:
        assert (await read(node, emoji["url"].replace("t%3D2", "t%3D3")))[0] == 404
        assert (await read(node, emoji["url"].partition("&v=")[0]))[0] == 404
        assert site.requested_paths == []
        for address, frames in ((emoji["url"], 3), (emoji["static_url"], 1)):
            found, body, headers = await read(node, address)
            assert found == 200
            assert headers["Content-Type"] == "image/png"
            assert getattr(Image.open(io.BytesIO(body)), "n_frames", 1) == frames
        node.clock.forward(hours=2)
        await node.settle()
        assert (await read(node, emoji["url"]))[0] == 200
        assert len(site.requested_paths) == 1
    decision = peers.PeerDecision("", reason="ugly", rejects_media=True)
    async with node.db.write() as tx:
        await peers.decide(tx, None, "pics.test", decision)
    assert (await read(node, emoji["url"]))[0] == 404
