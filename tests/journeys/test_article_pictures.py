"""Pictures in articles come from the reader's own node: nobody else learns who reads what."""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import unescape
from urllib.parse import urlsplit

import msgspec
import pytest
from aiohttp import web
from PIL import Image

from fedserver.domain.peers import peers
from fedserver.domain.posts import edits, post_removal, remote_posts
from fedserver.domain.posts.remote_content import RemoteFile
from tests.journeys.test_federation import follow, settle
from tests.journeys.test_remote_files import read
from tests.kit import tls
from tests.kit.api import Api
from tests.kit.nodes import Start, TestNode
from tests.kit.people import create_remote_account
from tests.kit.remote_posts import build_remote_post
from tests.kit.sites import StubSite
from tests.kit.visitors import log_in_visitor

PICTURE = "https://tracker.test/pixel.png"
ARTICLE = {"kind": "Article", "title": "Of pictures", "content_type": "text/markdown"}
TEXT = f"![sea]({PICTURE}) <img src='{PICTURE}?2' srcset='{PICTURE}?3 2x'> #sea"
LOADED = re.compile(
    r"""\s(?:src|srcset|poster|data|background|data-src)\s*=\s*["']([^"']*)["']|url\(([^)]*)\)"""
)


def make_png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (3, 2), (9, 9, 9)).save(out, "PNG")
    return out.getvalue()


@asynccontextmanager
async def run_tracker(names: tls.LoopbackResolver) -> AsyncIterator[StubSite]:
    picture = web.Response(body=make_png(), content_type="image/png")
    paths = dict.fromkeys(("/pixel.png", "/pixel.png?2", "/pixel.png?3"), picture)
    async with StubSite(names, "tracker.test", paths) as site:
        yield site


def list_loaded(text: str) -> list[str]:
    """Return the addresses that a browser loads for the HTML in a page, or in an answer of the API."""
    text = text.replace('\\"', '"')
    return [unescape(first or second) for first, second in LOADED.findall(text)]


def require_own(node: TestNode, text: str, where: str) -> None:
    for address in list_loaded(text):
        host = urlsplit(address).netloc
        assert host in ("", urlsplit(node.base).netloc), f"{where} loads {address}"


def find_pictures(html: str) -> list[str]:
    return [unescape(src) for src in re.findall(r'<img[^>]*? src="([^"]*)"', html)]


async def test_pictures_of_articles_are_loaded_from_this_node_everywhere(
    start: Start, names: tls.LoopbackResolver
) -> None:
    alpha, beta = await start("alpha.test"), await start("beta.test")
    ann, bob = await alpha.create_member("ann", role="admin"), await beta.create_member("bob")
    await follow(alpha, ann, "@bob@beta.test")
    await settle(alpha, beta)
    async with run_tracker(names) as tracker:
        post_id = await beta.publish(bob, TEXT, **ARTICLE)
        await settle(alpha, beta)
        beta.clock.forward(hours=1)
        async with beta.db.write() as tx:
            await edits.edit(tx, beta.site, bob, post_id, edits.PostEdit(text=f"{TEXT} again"))
        await settle(alpha, beta)
        tracker.requested_paths.clear()
        api = Api(alpha, await alpha.create_token(ann, "read write follow push admin:read admin:write"))
        [status] = await api.get("/api/v1/timelines/home")
        pictures = find_pictures(status["content"])
        assert len(pictures) == 2
        await api.post(f"/api/v1/statuses/{status['id']}/reblog")
        report = await api.post(
            "/api/v1/reports", account_id=status["account"]["id"], status_ids=[status["id"]]
        )
        for path in (
            "/api/v1/timelines/home",
            "/api/v1/timelines/public",
            "/api/v1/timelines/tag/sea",
            f"/api/v1/statuses/{status['id']}",
            f"/api/v1/statuses/{status['id']}/history",
            f"/api/v1/accounts/{status['account']['id']}/statuses",
            f"/api/v1/accounts/{ann.id}/statuses",
            "/api/v2/search?q=pictures&type=statuses",
            f"/api/v1/admin/reports/{report['id']}",
        ):
            text = msgspec.json.encode(await api.get(path)).decode()
            require_own(alpha, text, path)
        history = await api.get(f"/api/v1/statuses/{status['id']}/history")
        assert [len(find_pictures(version["content"])) for version in history] == [2, 2]
        visitor = await log_in_visitor(alpha, "ann")
        for path in (
            f"/@bob@beta.test/{status['id']}",
            "/home",
            "/@bob@beta.test",
            f"/admin/reports/{report['id']}",
        ):
            require_own(alpha, (await visitor.open(path)).text, path)
        assert len(find_pictures((await visitor.open(f"/@bob@beta.test/{status['id']}")).text)) == 2
        for path in (f"/@bob/{post_id}", "/@bob/of-pictures", "/@bob.atom", "/@bob/blog.rss", "/blog"):
            _, body, headers = await read(beta, path, Accept="text/html")
            require_own(beta, unescape(body.decode()), path)
            assert "img-src 'self' data:;" in headers.get("Content-Security-Policy", "img-src 'self' data:;")
        assert tracker.requested_paths == []
        for url in pictures:
            status_code, _, headers = await read(alpha, url)
            assert status_code == 200
            assert headers["Content-Type"].startswith("image/")
            assert (await read(alpha, url))[0] == 200
        assert tracker.requested_paths == ["/pixel.png", "/pixel.png?2"], "fetched once by the node"


async def test_peers_get_the_addresses_that_the_author_wrote(start: Start) -> None:
    beta = await start("beta.test")
    bob = await beta.create_member("bob")
    post_id = await beta.publish(bob, TEXT, **ARTICLE)
    _, body, _ = await read(beta, f"/users/bob/articles/{post_id}", Accept="application/activity+json")
    assert f'src="{PICTURE}"' in msgspec.json.decode(body)["content"]


async def test_proxy_serves_only_the_pictures_of_a_post(start: Start, names: tls.LoopbackResolver) -> None:
    alpha, beta = await start("alpha.test"), await start("beta.test")
    ann, bob = await alpha.create_member("ann"), await beta.create_member("bob")
    await follow(alpha, ann, "@bob@beta.test")
    await settle(alpha, beta)
    async with run_tracker(names) as tracker:
        await beta.publish(bob, TEXT, **ARTICLE)
        own_id = await alpha.publish(ann, TEXT, **ARTICLE)
        await settle(alpha, beta)
        api = Api(alpha, await alpha.create_token(ann))
        contents = [status["content"] for status in await api.get("/api/v1/timelines/home")]
        pictures = [url for content in contents for url in find_pictures(content)]
        own = next(url for url in pictures if f"/posts/{own_id}/" in url)
        remote = next(url for url in pictures if f"/posts/{own_id}/" not in url)
        bare, _, signature = remote.rpartition("&v=")
        for url in (
            bare,
            f"{bare}&v={signature[:-1]}x",
            bare.replace("pixel", "other") + f"&v={signature}",
            re.sub(r"/posts/\d+/", f"/posts/{own_id}/", remote),
            remote.replace("/image?", "/video?"),
        ):
            assert (await read(alpha, url))[0] == 404, url
        assert tracker.requested_paths == []
        assert [(await read(alpha, url))[0] for url in (own, remote)] == [200, 200]
        async with alpha.db.write() as tx:
            await post_removal.delete(tx, ann, own_id)
        assert (await read(alpha, own))[0] == 404


@pytest.mark.parametrize("host", ["beta.test", "tracker.test"])
async def test_pictures_of_hosts_whose_files_are_rejected_are_not_fetched(
    start: Start, names: tls.LoopbackResolver, host: str
) -> None:
    alpha, beta = await start("alpha.test"), await start("beta.test")
    ann, bob = await alpha.create_member("ann"), await beta.create_member("bob")
    await follow(alpha, ann, "@bob@beta.test")
    await settle(alpha, beta)
    async with run_tracker(names) as tracker:
        await beta.publish(bob, TEXT, **ARTICLE)
        await settle(alpha, beta)
        [status] = await Api(alpha, await alpha.create_token(ann)).get("/api/v1/timelines/home")
        async with alpha.db.write() as tx:
            await peers.decide(tx, None, host, peers.PeerDecision("", reason="ugly", rejects_media=True))
        for url in find_pictures(status["content"]):
            assert (await read(alpha, url))[0] == 404
        assert tracker.requested_paths == []


async def test_cover_whose_type_is_not_known_is_served_by_this_node(
    start: Start, names: tls.LoopbackResolver
) -> None:
    node = await start("alpha.test")
    async with node.db.write() as tx:
        bob = await create_remote_account(tx, "bob")
        cover = RemoteFile("unknown", "", PICTURE, "", None, (0.0, 0.0), None, None)
        remote = build_remote_post("https://beta.test/1", bob.uri, kind="Article", title="A", cover=cover)
        row = await remote_posts.receive(tx, bob, remote)
    assert row is not None
    ann = await node.create_member("ann")
    status = await Api(node, await node.create_token(ann)).get(f"/api/v1/statuses/{row.id}")
    assert not status["card"]["image"]
    visitor = await log_in_visitor(node, "ann")
    require_own(node, (await visitor.open(f"/@bob@beta.test/{row.id}")).text, "the page")
