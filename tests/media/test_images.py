"""Pictures: what goes out tells nothing that was not meant to be told, and nothing bad comes in."""

from __future__ import annotations

import asyncio
import io
import os
import random
import struct
import time
import zlib
from collections.abc import AsyncIterator
from multiprocessing import active_children
from pathlib import Path

import pytest
from PIL import Image, ImageCms

from fedserver.media import images
from fedserver.media.images import process_attachment, process_banner, process_square
from fedserver.media.processes import Bounds, Processes
from fedserver.media.results import UnacceptableFileError
from fedserver.media.sniff import sniff
from fedserver.media.store import FileStore


def picture(kind: str = "JPEG", size: tuple[int, int] = (800, 600), **options: object) -> bytes:
    out = io.BytesIO()
    Image.effect_noise(size, 50).convert("RGB").save(out, kind, **options)  # type: ignore[arg-type]
    return out.getvalue()


def with_gps() -> bytes:
    exif = Image.Exif()
    exif[0x010E] = "secret place"
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[1] = "N"
    return picture(exif=exif)


def animation(**options: object) -> bytes:
    out = io.BytesIO()
    frames = [Image.new("RGB", (50, 40), color) for color in ("red", "green", "blue")]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=50, **options)  # type: ignore[arg-type]
    return out.getvalue()


def test_photo_is_rotated_and_loses_its_metadata() -> None:
    made = process_attachment(with_gps())
    assert (made.full.width, made.full.height) == (600, 800)
    assert b"secret place" not in made.full.data
    assert not Image.open(io.BytesIO(made.full.data)).getexif()
    assert made.small.width <= 640
    assert made.small.height <= 360
    assert made.blurhash


@pytest.mark.parametrize(
    "data",
    [picture("JPEG", comment=b"secret"), picture("GIF", comment=b"secret"), animation(comment=b"secret")],
    ids=["jpeg", "gif", "animation"],
)
def test_comment_is_removed(data: bytes) -> None:
    assert b"secret" in data
    made = process_attachment(data)
    for each in (made.full, made.small, process_square(data), process_banner(data)):
        assert b"secret" not in each.data


def with_swapped_colours() -> bytes:
    """Return a profile in which red and blue have changed places."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, blue = profile.index(b"rXYZ"), profile.index(b"bXYZ")
    profile[red : red + 4], profile[blue : blue + 4] = b"bXYZ", b"rXYZ"
    return bytes(profile)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_colour_profile_is_applied_and_removed(kind: str) -> None:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), "red").save(out, kind, icc_profile=with_swapped_colours())
    made = process_attachment(out.getvalue())
    for each in (made.full, made.small):
        shown = Image.open(io.BytesIO(each.data))
        red, _, blue = shown.convert("RGB").getpixel((5, 5))  # type: ignore[misc]
        assert blue > 200
        assert red < 50
        assert "icc_profile" not in shown.info


def test_a_broken_colour_profile_is_ignored() -> None:
    assert process_attachment(picture(icc_profile=b"nonsense")).full.width == 800


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
def test_accepted_format_is_processed(kind: str) -> None:
    data = picture(kind, (64, 48))
    made = process_attachment(data)
    assert (made.full.width, made.full.height) == (64, 48)
    assert sniff(made.full.data) == made.full.content_type
    assert sniff(data)


def test_animation_without_the_video_extra_stays_an_image(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "has_video", lambda: False)
    made = process_attachment(animation())
    assert made.full.content_type == "image/gif"
    assert getattr(Image.open(io.BytesIO(made.full.data)), "n_frames", 1) == 3


def test_large_pictures_shrink_and_avatars_are_cut() -> None:
    made = process_attachment(picture("JPEG", (4_000, 3_000)))
    assert made.full.width * made.full.height <= 8_300_000
    assert (process_square(picture()).width, process_square(picture()).height) == (400, 400)
    assert (process_banner(picture()).width, process_banner(picture()).height) == (1500, 500)


def bomb() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 1_000))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<html></html>",
        b"%PDF-1.7",
        b"GIF89a<script>alert(1)</script>",
        picture()[:2_000],
        bomb(),
    ],
    ids=["empty", "svg", "html", "pdf", "gif-polyglot", "truncated", "bomb"],
)
def test_bad_files_are_refused(data: bytes) -> None:
    with pytest.raises(UnacceptableFileError):
        process_attachment(data)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "AVIF", "animation"])
def test_process_attachment_with_damaged_files_refuses_them_or_writes_a_clean_image(kind: str) -> None:
    whole = animation() if kind == "animation" else picture(kind, (64, 48))
    chance = random.Random(kind)
    noise = [whole[:12] + chance.randbytes(chance.randrange(3_000)) for _ in range(40)]
    for data in noise:
        with pytest.raises(UnacceptableFileError):
            process_attachment(data)
    damaged = [whole[: chance.randrange(5, len(whole))] for _ in range(40)]
    for _ in range(40):
        altered = bytearray(whole)
        for _ in range(20):
            altered[chance.randrange(6, len(whole))] = chance.randrange(256)
        damaged.append(bytes(altered))
    for data in damaged:
        try:
            processed = process_attachment(data)
        except UnacceptableFileError:
            continue
        # What the decoder could repair is written again: complete, and of the size that is declared.
        for encoded in (processed.full, processed.small):
            if encoded.content_type.startswith("image/"):
                with Image.open(io.BytesIO(encoded.data)) as image:
                    image.load()
                    assert image.size == (encoded.width, encoded.height)
                    assert image.get_format_mimetype() == encoded.content_type


def test_data_behind_an_image_is_removed() -> None:
    made = process_attachment(picture("PNG", (20, 20)) + b"<script>alert(1)</script>")
    assert b"<script>" not in made.full.data


@pytest.fixture
async def worker() -> AsyncIterator[Processes]:
    made = Processes()
    yield made
    made.close()


async def test_work_is_done_in_another_process(worker: Processes) -> None:
    made = await worker.run(process_attachment, picture())
    assert made.full.width == 800
    with pytest.raises(UnacceptableFileError):
        await worker.run(process_attachment, b"nothing")


def stuck(data: bytes) -> bytes:
    while data:
        time.sleep(0.01)
    return data


def length(data: bytes) -> int:
    return len(data)


async def test_slow_image_does_not_delay_the_next(worker: Processes) -> None:
    slow = asyncio.create_task(worker.run(stuck, b"slow"))
    assert [await worker.run(length, b"quick") for _ in range(3)] == [5, 5, 5]
    assert not slow.done()
    slow.cancel()


async def test_stuck_image_is_refused_and_its_process_killed() -> None:
    worker = Processes(Bounds(seconds=0.2))
    before = set(active_children())
    with pytest.raises(UnacceptableFileError, match="too complicated"):
        await worker.run(stuck, b"slow")
    made = set(active_children()) - before
    for process in made:
        process.join(10)
    assert not [process for process in made if process.is_alive()]
    worker.close()


async def test_a_process_that_dies_is_replaced(worker: Processes) -> None:
    with pytest.raises(UnacceptableFileError):
        await worker.run(die, b"")
    assert await worker.run(length, b"quick") == 5


def die(data: bytes) -> None:
    os._exit(1)


async def test_store_puts_and_removes_a_file(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    key = await store.put_bytes(b"data", "webp")
    path = store.path(key)
    assert path is not None
    assert path.read_bytes() == b"data"
    assert path.name.endswith(".webp")
    await store.remove((key, "aa/bb/missing.webp", ""))
    assert store.path(key) is None


@pytest.mark.parametrize(
    "key", ["../x", "aa/../../etc/passwd", "/etc/passwd", "a/b", "aa/bb/.hidden", "", "aa/bb/c/d"]
)
def test_key_outside_the_store_has_no_path(tmp_path: Path, key: str) -> None:
    assert FileStore(tmp_path).path(key) is None
