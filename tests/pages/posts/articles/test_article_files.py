"""Files that the editor of articles uploads one by one."""

from __future__ import annotations

import re
from typing import Any

import aiohttp
import pytest

from fedserver.pages.posts.articles import article_files
from tests.kit.nodes import Start
from tests.kit.pictures import make_picture
from tests.kit.videos import make_video
from tests.kit.visitors import Visitor, log_in_visitor


async def upload(visitor: Visitor, data: bytes, name: str) -> tuple[int, Any]:
    page = await visitor.open("/write/article")
    csrf = re.findall(r'name="csrf" value="([^"]+)"', page.text)[0]
    form = aiohttp.FormData({"csrf": csrf, "description": "What it shows"})
    form.add_field("file", data, filename=name)
    headers = {"Origin": visitor.node.base, "HX-Request": "true"}
    async with visitor.http.post("/write/article/files", data=form, headers=headers) as answer:
        return answer.status, await (answer.json() if answer.status == 200 else answer.text())


async def test_files_are_stored_at_once_and_long_videos_when_they_are_ready(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = await start("alpha.test")
    await node.create_member("ann")
    await node.create_member("bob")
    visitor, other = await log_in_visitor(node, "ann"), await log_in_visitor(node, "bob")
    status, picture = await upload(visitor, make_picture(), "fox.png")
    assert (status, picture["kind"]) == (200, "image")
    async with visitor.http.get(picture["address"]) as answer:
        assert answer.status == 200
    video = make_video()
    _, waited = await upload(visitor, video, "fox.mp4")
    assert waited["address"].endswith(".mp4")
    monkeypatch.setattr(article_files, "MAX_WAITING_BYTES", len(video) - 1)
    _, long = await upload(visitor, video, "fox.mp4")
    assert long["address"] == ""
    await node.settle()
    path = f"/write/article/files/{long['id']}"
    async with visitor.http.get(path) as answer:
        assert (await answer.json())["address"].endswith(".mp4")
    async with other.http.get(path) as answer:
        assert answer.status == 404
    assert await upload(visitor, b"x", "x.png") == (
        422,
        "This file is not an image that can be used here. Please choose a JPEG, PNG, GIF, WebP or AVIF file.",
    )
    assert (await upload(visitor, b"", "x.png"))[1] == "Please choose a file."
