"""Pictures: what goes out tells nothing that was not meant to be told, and nothing bad comes in."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image

from fedserver.media.errors import Unacceptable
from fedserver.media.images import ImageWorker, process_attachment, process_banner, process_square
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


def animation() -> bytes:
    out = io.BytesIO()
    frames = [Image.new("RGB", (50, 40), color) for color in ("red", "green", "blue")]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=50)
    return out.getvalue()


def test_a_photograph_is_turned_and_freed_of_its_data() -> None:
    made = process_attachment(with_gps())
    assert (made.full.width, made.full.height) == (600, 800)
    assert b"secret place" not in made.full.data and not Image.open(io.BytesIO(made.full.data)).getexif()
    assert made.small.width <= 640 and made.small.height <= 360 and made.blurhash


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
def test_every_accepted_kind(kind: str) -> None:
    data = picture(kind, (64, 48))
    made = process_attachment(data)
    assert (made.full.width, made.full.height) == (64, 48)
    assert sniff(made.full.data) == made.full.content_type and sniff(data)


def test_animation_stays() -> None:
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
    with pytest.raises(Unacceptable):
        process_attachment(data)


def test_what_hides_behind_a_picture_is_not_kept() -> None:
    made = process_attachment(picture("PNG", (20, 20)) + b"<script>alert(1)</script>")
    assert b"<script>" not in made.full.data


@pytest.fixture
async def worker() -> AsyncIterator[ImageWorker]:
    made = ImageWorker()
    yield made
    made.close()


async def test_work_is_done_in_another_process(worker: ImageWorker) -> None:
    made = await worker.run(process_attachment, picture())
    assert made.full.width == 800
    with pytest.raises(Unacceptable):
        await worker.run(process_attachment, b"nothing")


async def test_the_store_keeps_and_forgets(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    key = await store.put(b"data", "webp")
    path = store.path(key)
    assert path is not None and path.read_bytes() == b"data" and path.name.endswith(".webp")
    await store.remove((key, "aa/bb/missing.webp", ""))
    assert store.path(key) is None


@pytest.mark.parametrize(
    "key", ["../x", "aa/../../etc/passwd", "/etc/passwd", "a/b", "aa/bb/.hidden", "", "aa/bb/c/d"]
)
def test_no_key_leads_out_of_the_store(tmp_path: Path, key: str) -> None:
    assert FileStore(tmp_path).path(key) is None
