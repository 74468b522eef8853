"""Large uploads wait on the disk, without a name: nothing is left of them, however they end."""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp

from tests.kit.api import Api
from tests.kit.nodes import Start, TestNode

FILM = b"\0\0\0\x18ftypisom" + bytes(3_000_000)


def unnamed(folder: Path) -> int:
    """How many files without a name this process has open there."""
    found = 0
    for each in Path("/proc/self/fd").iterdir():
        try:
            target = os.readlink(each)
        except OSError:
            continue  # closed meanwhile
        found += target.startswith(str(folder)) and target.endswith("(deleted)")
    return found


async def until(node: TestNode, folder: Path, wanted: int) -> None:
    async with asyncio.timeout(10):
        while unnamed(folder) != wanted:
            async with node.http.get("/livez"):
                pass


async def test_upload_refused_or_broken_off_leaves_nothing(start: Start) -> None:
    node = await start("localhost", limits={"video_bytes": 8_000_000})
    folder = node.node.services.store.root
    api = Api(node, await node.create_token(await node.create_member("ann")))
    never = asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n' + FILM
        await never.wait()

    headers = {**api.headers, "Content-Type": "multipart/form-data; boundary=x"}
    lost = asyncio.create_task(node.http.post("/api/v2/media", data=body(), headers=headers).__aenter__())
    await until(node, folder, 1)
    lost.cancel()
    await until(node, folder, 0)
    for data, code in ((FILM, 422), (FILM * 3, 422)):
        form = aiohttp.FormData()
        form.add_field("file", io.BytesIO(data), filename="a.mp4")
        refused = await api.request("POST", "/api/v2/media", data=form)
        assert refused.status == code, refused.body
        assert "file" in refused.body["details"], refused.body
    form = aiohttp.FormData()
    for number in range(6):
        form.add_field(f"file{number}", io.BytesIO(FILM), filename="a.mp4")
    assert (await api.request("POST", "/api/v2/media", data=form)).status == 422, (
        "twice the limit for all together"
    )
    assert unnamed(folder) == 0
    assert [each for each in folder.rglob("*") if each.is_file()] == []
