"""Video and audio from the upload to the post: the answers, and what is stored."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from fedserver.jobs.media import LEASE_MS
from fedserver.jobs.registry import KINDS_BY_QUEUE, MEDIA
from fedserver.runtime import media_intake
from storage.queries.kernel import jobs as job_queries
from tests.kit import videos
from tests.kit.api import Api, ApiAnswer
from tests.kit.nodes import Start, TestNode
from tests.kit.pictures import make_picture


async def start_single(start: Start, **limits: int) -> tuple[TestNode, Api]:
    node = await start("alpha.test", limits=limits)
    return node, Api(node, await node.create_token(await node.create_member("ann")))


async def upload(api: Api, data: bytes, version: int = 2, name: str = "a.mp4", **fields: Any) -> ApiAnswer:
    form = aiohttp.FormData()
    form.add_field("file", data, filename=name, content_type="video/mp4")
    for field, value in fields.items():
        known = {"filename": "t.png"} if isinstance(value, bytes) else {}
        form.add_field(field, value, **known)
    return await api.request("POST", f"/api/v{version}/media", data=form)


def list_files(node: TestNode) -> list[Path]:
    return [path for path in node.node.services.store.root.rglob("*") if path.is_file()]


async def test_video_is_processed_and_then_posted(start: Start) -> None:
    node, ann = await start_single(start)
    uploaded = await upload(
        ann, videos.make_video(), name="holiday.jpg", description="the sea", focus="0.5,-0.5"
    )
    path = f"/api/v1/media/{uploaded.body['id']}"
    assert uploaded.status == 202
    assert uploaded.body["url"] is None
    assert uploaded.body["type"] == "video"
    assert (await ann.request("GET", path)).status == 206
    early = await ann.request(
        "POST", "/api/v1/statuses", json={"status": "a", "media_ids": [uploaded.body["id"]]}
    )
    assert early.status == 422
    assert early.body["error"].startswith("Cannot attach files that have not finished processing.")
    await node.settle()
    done = await ann.request("GET", path)
    shown = done.body
    assert done.status == 200
    assert shown["description"] == "the sea"
    assert shown["blurhash"]
    assert shown["meta"]["focus"] == {"x": 0.5, "y": -0.5}
    assert shown["meta"]["length"].startswith("0:00:01")
    assert shown["meta"]["fps"] == 10
    original = shown["meta"]["original"]
    assert (original["width"], original["height"], original["frame_rate"]) == (64, 48, "10/1")
    assert abs(original["duration"] - 1) < 0.1
    assert original["bitrate"] > 1_000
    assert shown["meta"]["small"]["width"] == 64
    assert shown["meta"]["size"] == "64x48"
    async with node.http.get(shown["url"]) as answer:
        body = await answer.read()
        assert answer.content_type == "video/mp4"
        assert videos.PRIVATE_TEXT.encode() not in body
    async with node.http.get(shown["preview_url"]) as answer:
        assert answer.content_type == "image/jpeg"
    assert len(list_files(node)) == 2
    post = await ann.post("/api/v1/statuses", status="at sea", media_ids=[uploaded.body["id"]])
    assert post["media_attachments"][0]["url"] == shown["url"]


async def test_small_audio_is_processed_at_once_by_version_1(start: Start) -> None:
    node, ann = await start_single(start)
    uploaded = await upload(ann, videos.make_audio(), version=1)
    assert uploaded.status == 200
    assert uploaded.body["type"] == "audio"
    assert uploaded.body["url"].endswith(".mp3")
    assert uploaded.body["preview_url"] is None
    assert "original" in uploaded.body["meta"]
    assert "width" not in uploaded.body["meta"]["original"]
    assert len(list_files(node)) == 1


@pytest.mark.parametrize("version", [1, 2])
async def test_refused_video_leaves_no_files(start: Start, version: int) -> None:
    node, ann = await start_single(start)
    whole = videos.make_video(seconds=3)
    for data in (whole[: len(whole) // 3], b"\x1a\x45\xdf\xa3nothing", b"#EXTM3U\nfile:///etc/passwd", b""):
        answer = await upload(ann, data, version)
        assert answer.status == 422, answer.body
    answer = await upload(ann, videos.make_video(), version, focus="nowhere")
    assert answer.status == 422
    answer = await upload(ann, videos.make_video(), version, thumbnail=b"no picture")
    assert answer.status == 422
    assert "thumbnail" in answer.body["error"].lower()
    assert list_files(node) == []
    assert not await node.settle()


async def test_video_that_is_cut_off_fails_later(start: Start) -> None:
    node, ann = await start_single(start)
    whole = videos.make_video("webm", "libvpx-vp9", "libopus", seconds=3)
    uploaded = await upload(ann, whole[: len(whole) * 2 // 3])
    assert uploaded.status == 202
    await node.settle()
    answer = await ann.request("GET", f"/api/v1/media/{uploaded.body['id']}")
    assert answer.status == 422
    assert "cut off" in answer.body["error"]
    posted = await ann.request(
        "POST", "/api/v1/statuses", json={"status": "a", "media_ids": [uploaded.body["id"]]}
    )
    assert posted.status == 422
    assert list_files(node) == []


async def test_thumbnail_is_chosen_and_changed(start: Start) -> None:
    node, ann = await start_single(start)
    uploaded = await upload(ann, videos.make_video(), thumbnail=make_picture())
    assert uploaded.status == 202
    assert uploaded.body["preview_url"]
    await node.settle()
    path = f"/api/v1/media/{uploaded.body['id']}"
    assert (await ann.get(path))["preview_url"] == uploaded.body["preview_url"]
    form = aiohttp.FormData()
    form.add_field("thumbnail", make_picture(), filename="b.png")
    form.add_field("description", "another")
    changed = (await ann.request("PUT", path, data=form)).body
    assert changed["description"] == "another"
    assert changed["preview_url"] != uploaded.body["preview_url"]
    await node.settle()
    assert len(list_files(node)) == 2
    bob = Api(node, await node.create_token(await node.create_member("bob")))
    for method in ("GET", "PUT", "DELETE"):
        assert (await bob.request(method, path)).status == 404
    reader = Api(node, await node.create_token(await node.create_member("eve"), "read"))
    assert (await reader.request("GET", path)).status == 403
    await ann.delete(path)
    await node.settle()
    assert list_files(node) == []


async def test_video_of_a_dead_worker_is_processed_again(start: Start) -> None:
    node, ann = await start_single(start)
    uploaded = await upload(ann, videos.make_video())
    async with node.db.write() as tx:
        until, kinds = tx.now + LEASE_MS, KINDS_BY_QUEUE[MEDIA]
        assert len(await job_queries.lease(tx, until=until, limit=5, kinds=kinds)) == 1
    await node.settle()
    path = f"/api/v1/media/{uploaded.body['id']}"
    assert (await ann.request("GET", path)).status == 206
    node.clock.forward(seconds=LEASE_MS / 1000 + 1)
    await node.settle()
    assert (await ann.request("GET", path)).status == 200


async def test_video_that_kills_its_workers_fails(start: Start) -> None:
    node, ann = await start_single(start)
    uploaded = await upload(ann, videos.make_video())
    for _ in range(3):
        async with node.db.write() as tx:
            await job_queries.lease(tx, until=tx.now + LEASE_MS, limit=5, kinds=KINDS_BY_QUEUE[MEDIA])
        node.clock.forward(seconds=LEASE_MS / 1000 + 1)
    await node.settle()
    answer = await ann.request("GET", f"/api/v1/media/{uploaded.body['id']}")
    assert answer.status == 422
    assert "too complicated" in answer.body["error"]
    assert list_files(node) == []


async def test_video_removed_during_processing_leaves_no_files(start: Start) -> None:
    node, ann = await start_single(start)
    uploaded = await upload(ann, videos.make_video("mp4", "mpeg4", seconds=5, size=(640, 480), rate=30))
    working = asyncio.create_task(node.settle())
    # The worker makes the folder itself: no event says so.
    while not list(node.node.services.store.root.glob(".work/*")):  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    await ann.delete(f"/api/v1/media/{uploaded.body['id']}")
    await working
    await node.settle()
    assert list_files(node) == []


async def test_upload_beyond_the_quota_is_refused(start: Start) -> None:
    node, ann = await start_single(start, member_bytes=30_000)
    first = await upload(ann, videos.make_video(), version=1)
    assert first.status == 200
    stored = len(list_files(node))
    refused = await upload(ann, videos.make_video(seconds=4, size=(320, 240), rate=25) + bytes(30_000))
    assert refused.status == 422
    assert "29.3 KB" in refused.body["error"]
    assert len(list_files(node)) == stored
    await ann.delete(f"/api/v1/media/{first.body['id']}")
    await node.settle()
    assert (await upload(ann, videos.make_video(), version=1)).status == 200


async def test_instance_lists_accepted_media_types(start: Start) -> None:
    node, ann = await start_single(start)
    limits = (await ann.get("/api/v2/instance"))["configuration"]["media_attachments"]
    assert {"image/png", "image/heic", "video/mp4", "video/webm", "audio/mpeg"} <= set(
        limits["supported_mime_types"]
    )
    assert limits["video_size_limit"] == node.site.config.limits.video_bytes


async def test_media_file_answers_range_requests(start: Start) -> None:
    node, ann = await start_single(start)
    url = (await upload(ann, videos.make_video(), version=1)).body["url"]

    async def ask(method: str = "GET", **headers: str) -> tuple[int, bytes, Any]:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        async with node.http.request(method, url, headers=names) as answer:
            return answer.status, await answer.read(), answer.headers

    status, whole, headers = await ask()
    tag = headers["ETag"]
    assert status == 200
    assert headers["Accept-Ranges"] == "bytes"
    assert headers["Content-Type"] == "video/mp4"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in headers["Content-Security-Policy"]
    assert "immutable" in headers["Cache-Control"]
    status, part, headers = await ask(Range="bytes=10-19")
    assert (status, part, headers["Content-Range"]) == (206, whole[10:20], f"bytes 10-19/{len(whole)}")
    assert (await ask(Range="bytes=-5"))[:2] == (206, whole[-5:])
    assert (await ask(Range=f"bytes={len(whole)}-"))[0] == 416
    # RFC 9110 §14.2: several ranges and other units are ignored. The library would answer 416.
    for several in ("bytes=0-1,3-4", "bytes=0-1, -5", f"bytes=0-1,{len(whole)}-", "lines=1-2"):
        status, body, headers = await ask(Range=several)
        assert (status, body) == (200, whole), several
        assert "Content-Range" not in headers
    assert (await ask(Range="bytes=0-4", If_Range=tag))[:2] == (206, whole[:5])
    assert (await ask(Range="bytes=0-4", If_Range='"other"'))[:2] == (200, whole)
    assert (await ask(Range="bytes=0-4", If_Range="Mon, 01 Jan 2001 00:00:00 GMT"))[:2] == (200, whole)
    assert (await ask(If_None_Match=tag))[:2] == (304, b"")
    status, body, headers = await ask("HEAD")
    assert (status, body, headers["Content-Length"]) == (200, b"", str(len(whole)))
    assert media_intake.RAW_EXTENSION not in url
