"""Uploads that are not what they claim, or would become large: refused, and nothing of them stays."""

from __future__ import annotations

import io
import struct
import tempfile
import zlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import aiohttp
import msgspec
import pytest
from PIL import Image

from fedserver.node import list_endpoints
from fedserver.web.endpoint import ADMIN
from fedserver.web.uploads import Upload
from tests.client_api.test_invalid_input import start_watch
from tests.kit import videos
from tests.kit.nodes import Start
from tests.kit.pictures import make_picture

# Where each endpoint that takes files expects them, with the method.
UPLOAD_FIELDS = {
    "POST /api/v1/media": ("file", "thumbnail"),
    "POST /api/v2/media": ("file", "thumbnail"),
    "PUT /api/v1/media/{id}": ("thumbnail",),
    "PATCH /api/v1/accounts/update_credentials": ("avatar", "header"),
    "PATCH /api/v1/profile": ("avatar", "header"),
    "PUT /api/v1/profile": ("avatar", "header"),
}
FULLY_TESTED = {("POST /api/v1/media", "file"), ("PATCH /api/v1/accounts/update_credentials", "avatar")}
SIDE = 60_000
sqlite = pytest.mark.parametrize("start", ["sqlite"], indirect=True)


def _make_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _make_png(*further: bytes, side: int = SIDE) -> bytes:
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _make_chunk(b"IHDR", header) + b"".join(further)


def _make_zeros(size: int) -> bytes:
    return zlib.compress(bytes(size), 9)


def _make_gif_bomb() -> bytes:
    """Return a GIF that claims the largest screen, with an empty frame a thousand times."""
    screen = b"GIF89a" + struct.pack("<HHBBB", 65_535, 65_535, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 65_535, 65_535, 0) + b"\x02\x02\x4c\x01\0"
    return screen + frame * 1_000 + b"\x3b"


def _make_webp_bomb() -> bytes:
    """Return an animated WebP whose canvas is the largest there is."""
    wide = (16_383).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\x02\0\0\0" + wide + wide
    body += b"ANIM" + struct.pack("<I", 6) + bytes(6)
    return b"RIFF" + struct.pack("<I", len(body)) + body


@cache
def make_bad_pictures() -> dict[str, bytes]:
    photo = io.BytesIO()
    Image.effect_noise((400, 300), 60).save(photo, "JPEG")
    return {
        "nothing": b"\n",
        "html": b"<!doctype html><script>alert(1)</script>",
        "svg": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        "pdf": b"%PDF-1.7\n1 0 obj<</JS(app.alert(1))>>",
        "script": b"#!/bin/sh\nrm -rf /\n",
        "zip": b"PK\x03\x04" + bytes(60),
        "gif that is a script": b"GIF89a/*" + b"*/=alert(1);",
        "png bomb": _make_png(_make_chunk(b"IDAT", _make_zeros(1_000_000)), _make_chunk(b"IEND", b"")),
        "apng bomb": _make_png(
            _make_chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0)), _make_chunk(b"IDAT", _make_zeros(1_000))
        ),
        "gif bomb": _make_gif_bomb(),
        "webp bomb": _make_webp_bomb(),
        "truncated jpeg": photo.getvalue()[:3_000],
        "truncated png": make_picture()[:60],
    }


@cache
def make_bad_videos() -> dict[str, bytes]:
    whole, web = (
        videos.make_video(seconds=2),
        videos.make_video("webm", "libvpx-vp9", "libopus", seconds=2),
    )
    return {
        "text": b"This is a film, is it not?",
        "playlist": b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile:///etc/passwd\n",
        "concat": b"ffconcat version 1.0\nfile /etc/passwd\n",
        "empty boxes": b"\0\0\0\x18ftypisom" + bytes(500),
        "truncated mp4": whole[: len(whole) // 2],
        "truncated webm": web[:300],
        "ebml and script": b"\x1a\x45\xdf\xa3" + b"<script>" * 100,
    }


def make_form(files: dict[str, bytes], kind: str, **also: str) -> aiohttp.FormData:
    form = aiohttp.FormData()
    for name, data in files.items():
        form.add_field(name, io.BytesIO(data), filename="holiday.png", content_type=kind)
    for name, value in also.items():
        form.add_field(name, value)
    return form


def list_files(*folders: Path) -> set[Path]:
    """Return all files, and the working folders of the store."""
    paths = (path for folder in folders for path in folder.rglob("*"))
    return {path for path in paths if path.is_file() or path.parent.name == ".work"}


def test_upload_fields_cover_every_endpoint_with_files() -> None:
    fields = {
        f"{endpoint.method} {endpoint.path}": tuple(
            one.encode_name for one in msgspec.structs.fields(endpoint.params) if one.type == Upload | None
        )
        for endpoint in list_endpoints()
        # Those of admins are theirs to test: a member is refused before anything is read.
        if endpoint.path.startswith("/api/") and endpoint.max_upload and endpoint.auth != ADMIN
    }
    assert fields == UPLOAD_FIELDS


FEW_KINDS = ("html", "png bomb", "truncated jpeg", "playlist", "truncated mp4")


def list_attempts(
    request: str, fields: tuple[str, ...]
) -> Iterator[tuple[str, dict[str, bytes], dict[str, str]]]:
    """Yield what is wrong, the files and the other fields, for an endpoint that takes files in `fields`.

    Files are cleaned in one place: all are sent to one endpoint of each kind, a few to the others.
    """
    large, good = make_picture() + bytes(2_000_001), make_picture()
    for field in fields:
        bad = {**make_bad_pictures(), **make_bad_videos(), "large": large}
        if (request, field) not in FULLY_TESTED:
            bad = {name: bad[name] for name in (*FEW_KINDS, "large")}
        whole = {"file": good} if field == "thumbnail" and "file" in fields else {}
        for name, data in bad.items():
            yield f"{field}: {name}", {**whole, field: data}, {}
    yield "many", {f"{fields[0]}[{number}]": bytes(1_900_000) for number in range(4)}, {}
    if "avatar" in fields:
        yield "a bad header", {"avatar": good, "header": b"<html>"}, {}
        yield "a long name", {"avatar": good, "header": good}, {"display_name": "a" * 5_000}
    else:
        yield "a wrong focus", {fields[0]: good}, {"focus": "nowhere"}


@sqlite
async def test_refused_uploads_leave_no_files(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (elsewhere := tmp_path / "elsewhere").mkdir()
    monkeypatch.setenv("TMPDIR", str(elsewhere))
    monkeypatch.setattr(tempfile, "tempdir", None)
    watch = await start_watch(start, limits={"upload_bytes": 2_000_000, "video_bytes": 2_000_000})
    parts, places = await watch.world.create("media"), (watch.world.node.node.services.store.root, elsewhere)
    await watch.world.node.settle()
    before = list_files(*places)
    for request, fields in UPLOAD_FIELDS.items():
        for what, files, also in list_attempts(request, fields):
            kind = "video/mp4" if "file" in files else "image/png"
            answer = await watch.send(
                watch.world.ann, request, what, parts, data=make_form(files, kind, **also)
            )
            if answer.status not in (413, 422):
                watch.faults.append(f"{request} {what}: {answer.status} {str(answer.body)[:100]}")
            if left := list_files(*places) - before:
                watch.faults.append(f"{request} {what}: {answer.status}, left {left}")
                before |= left
    watch.close()
    assert not await watch.world.node.settle()
