"""Pictures are cleaned in a process that is there only while there are pictures."""

from __future__ import annotations

import asyncio
import importlib
import io
import multiprocessing
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess

import pytest
from PIL import Image

from fedserver.media.image_worker import ImageWorker, process_attachment, process_banner, process_square
from fedserver.media.results import UnacceptableFileError
from fedserver.media.sniff import sniff


def png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (20, 10), "teal").save(out, "PNG")
    return out.getvalue()


async def ended(process: BaseProcess) -> bool:
    """Wait until a process has ended."""
    return bool(await asyncio.to_thread(wait, [process.sentinel], 10))


def running(before: set[BaseProcess]) -> set[BaseProcess]:
    """Return the processes that were started since; one that was just killed may be among `before`."""
    return set(multiprocessing.active_children()) - before


async def test_idle_process_ends_and_is_started_again() -> None:
    images, before = ImageWorker(idle_seconds=0), set(multiprocessing.active_children())
    assert not running(before)
    made = await images.run(process_attachment, png())
    assert (made.full.width, made.full.content_type) == (20, "image/png")
    (process,) = running(before)
    assert await ended(process)
    square, banner = await asyncio.gather(
        images.run(process_square, png()), images.run(process_banner, png())
    )
    assert (square.width, banner.width) == (400, 1500)
    images.close()


async def test_process_in_use_stays() -> None:
    images, before = ImageWorker(idle_seconds=1_000), set(multiprocessing.active_children())
    await images.run(process_square, png())
    first = running(before)
    with pytest.raises(UnacceptableFileError):
        await images.run(process_square, b"nothing")
    await images.run(process_square, png())
    assert running(before) == first != set()
    images.close()


def photograph_of_a_phone() -> bytes:
    heif = importlib.import_module("pillow_heif")
    exif = Image.Exif()
    exif[0x010E] = "secret place"
    out = io.BytesIO()
    heif.from_pillow(Image.new("RGB", (64, 48), "red")).save(out, exif=exif.tobytes())
    return out.getvalue()


async def test_heic_photo_becomes_jpeg() -> None:
    images, data = ImageWorker(idle_seconds=0), photograph_of_a_phone()
    assert b"secret place" in data
    assert sniff(data) == "image/heic"
    made = await images.run(process_attachment, data)
    assert (made.full.width, made.full.height, made.full.content_type) == (64, 48, "image/jpeg")
    assert b"secret place" not in made.full.data
    with pytest.raises(UnacceptableFileError):
        await images.run(process_attachment, data[: len(data) // 2])
    images.close()
