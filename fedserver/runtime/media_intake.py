"""Uploaded files on their way into the store; a refused one leaves nothing there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol, TypeVar

from fedserver.domain.content import media
from fedserver.domain.kernel.errors import InvalidError
from fedserver.media.errors import UnacceptableFileError
from fedserver.media.image_worker import (
    ImageTask,
    ImageWorker,
    process_attachment,
    process_banner,
    process_emoji,
    process_square,
)
from fedserver.media.results import ConvertedMedia, ProcessedImage
from fedserver.media.sniff import sniff
from fedserver.media.store import FileStore
from fedserver.runtime.services import Services
from fedserver.text.locales import format_limit, gettext, translate

MAX_EMOJI_BYTES = 262_144  # as in Mastodon: dozens of them are on one page
RAW_EXTENSION = "raw"  # of no type that is served


Result = TypeVar("Result")


class ReceivedFile(Protocol):
    """A file as the client sent it; `web.uploads` has those of requests."""

    @property
    def size(self) -> int:
        """Its length in bytes."""
        ...

    @property
    def data(self) -> bytes:
        """All of it, in memory."""
        ...

    def save(self, path: Path) -> None:
        """Write all of it to a file. It blocks."""
        ...


class SniffableFile(ReceivedFile, Protocol):
    """A file whose type is to be found out."""

    @property
    def head(self) -> bytes:
        """The first mebibyte."""
        ...


def build_too_large_error(field: str, max_bytes: int) -> InvalidError:
    """Return the error for a file with more than `max_bytes` bytes."""
    size = f"{max_bytes // 1_000_000} MB" if max_bytes >= 1_000_000 else f"{max_bytes // 1_000} kB"
    message = gettext(
        "The file is larger than %(size)s. Please choose a smaller one.", size=format_limit(max_bytes)
    )
    return InvalidError(field, f"is larger than {size}", "ERR_TOO_LARGE", message=message)


async def store_image(services: Services, upload: ReceivedFile, field: str = "file") -> media.NewFile:
    """Clean an image and store it. Raises InvalidError, which names the form's `field`."""
    return await _store_processed(services, await _process_image(services, upload, field))


async def store_attachment(services: Services, upload: SniffableFile, field: str = "file") -> media.NewFile:
    """Store a file for a post: an image at once, video and audio to be processed. Raises InvalidError."""
    kind = sniff(upload.head)
    if kind.startswith(("video/", "audio/")):
        return await store_video(services, upload, kind)
    return await store_image(services, upload, field)


async def store_emoji(
    store: FileStore, worker: ImageWorker, upload: ReceivedFile, field: str = "image"
) -> media.NewFile:
    """Clean the picture of a custom emoji and store it, with a still form. Raises InvalidError."""
    if upload.size > MAX_EMOJI_BYTES:
        raise build_too_large_error(field, MAX_EMOJI_BYTES)
    processed = await _run_on_image(worker, process_emoji, upload, field)
    full, still = processed.full, processed.small
    return media.NewFile(
        kind="image",
        content_type=full.content_type,
        file_key=await store.put_bytes(full.data, full.extension),
        preview_key=await store.put_bytes(still.data, still.extension),
        bytes=len(full.data) + len(still.data),
        width=full.width,
        height=full.height,
    )


async def store_avatar(services: Services, upload: ReceivedFile, field: str, keys: list[str]) -> str:
    """Cut the picture of a profile square and store it; return its key, which also goes to `keys`.

    Raises InvalidError, which names the form's `field`.
    """
    max_bytes = services.site.config.limits.upload_bytes
    if upload.size > max_bytes:
        raise build_too_large_error(field, max_bytes)
    try:
        image = await services.image_worker.run(process_square, upload.data)
    except UnacceptableFileError as error:
        raise InvalidError(field, f"cannot be used: {error.text}", message=translate(error.text)) from error
    keys.append(await services.store.put_bytes(image.data, image.extension))
    return keys[-1]


async def store_thumbnail(services: Services, upload: ReceivedFile, field: str) -> media.NewFile:
    """Clean an image and store only its small version. Raises InvalidError."""
    processed = await _process_image(services, upload, field)
    small = processed.small
    return media.NewFile(
        kind="image",
        content_type=small.content_type,
        file_key="",
        preview_key=await services.store.put_bytes(small.data, small.extension),
        bytes=len(small.data),
        blurhash=processed.blurhash,
        preview_width=small.width,
        preview_height=small.height,
    )


async def store_profile_picture(
    services: Services, upload: ReceivedFile | None, name: str, keys: list[str]
) -> str | None:
    """Store the `avatar` or `header` of a profile, as `name` says, and return its key.

    The key is appended to `keys` too, for an error that follows. Returns None without a file. Raises
    InvalidError, which names the field `name`.
    """
    if upload is None or not upload.size:
        return None
    task = process_square if name == "avatar" else process_banner
    image = await _run_on_image(services.image_worker, task, upload, name)
    keys.append(await services.store.put_bytes(image.data, image.extension))
    return keys[-1]


async def _process_image(services: Services, upload: ReceivedFile, field: str) -> ProcessedImage:
    max_bytes = services.site.config.limits.upload_bytes
    if upload.size > max_bytes:
        raise build_too_large_error(field, max_bytes)
    return await _run_on_image(services.image_worker, process_attachment, upload, field)


async def _run_on_image(
    worker: ImageWorker, task: ImageTask[Result], upload: ReceivedFile, field: str
) -> Result:
    """Return what `task` makes of a file. Raises InvalidError."""
    try:
        return await worker.run(task, upload.data)
    except UnacceptableFileError as error:
        why = f"cannot be used: {error.text}"
        raise InvalidError(field, why, message=translate(error.text)) from error


async def _store_processed(services: Services, processed: ProcessedImage) -> media.NewFile:
    store, full, small = services.store, processed.full, processed.small
    return media.NewFile(
        kind=processed.kind,
        content_type=full.content_type,
        file_key=await store.put_bytes(full.data, full.extension),
        preview_key=await store.put_bytes(small.data, small.extension),
        bytes=len(full.data) + len(small.data),
        blurhash=processed.blurhash,
        width=full.width,
        height=full.height,
        preview_width=small.width,
        preview_height=small.height,
        duration=processed.duration,
        frame_rate=processed.frame_rate,
        bitrate=int(len(full.data) * 8 / processed.duration) if processed.duration else None,
    )


async def store_video(services: Services, upload: ReceivedFile, kind: str) -> media.NewFile:
    """Store a video or audio file as it came, to be processed later. Raises InvalidError."""
    with services.store.temp_dir() as folder:
        await asyncio.to_thread(upload.save, folder / RAW_EXTENSION)
        key = await services.store.put_file(folder / RAW_EXTENSION, RAW_EXTENSION)
    new = media.NewFile(
        kind=kind.partition("/")[0],
        content_type=kind,
        file_key=key,
        preview_key="",
        bytes=upload.size,
        state="processing",
    )
    async with discard_on_error(services, new):
        path = services.store.path(key)
        try:
            await services.av_worker.probe(path or Path())
        except UnacceptableFileError as error:
            why = f"cannot be used: {error.text}"
            raise InvalidError("file", why, message=translate(error.text)) from error
    return new


async def process(services: Services, key: str) -> media.NewFile:
    """Convert a video or audio file that was stored as it came. Raises UnacceptableFileError."""
    path = services.store.path(key)
    if path is None:
        raise UnacceptableFileError("This file is not there any more. Please upload it again.")
    with services.store.temp_dir() as folder:
        converted = await services.av_worker.convert(path, folder)
        return await _store_converted(services, converted)


async def _store_converted(services: Services, converted: ConvertedMedia) -> media.NewFile:
    store, small = services.store, converted.small
    return media.NewFile(
        kind=converted.kind,
        content_type=converted.content_type,
        file_key=await store.put_file(Path(converted.path), converted.extension),
        preview_key=await store.put_bytes(small.data, small.extension) if small else "",
        bytes=converted.bytes + (len(small.data) if small else 0),
        blurhash=converted.blurhash,
        width=converted.width,
        height=converted.height,
        preview_width=small.width if small else None,
        preview_height=small.height if small else None,
        duration=converted.duration,
        frame_rate=converted.frame_rate,
        bitrate=converted.bitrate,
    )


@asynccontextmanager
async def discard_on_error(services: Services, *files: media.NewFile | None) -> AsyncIterator[None]:
    """Remove stored `files` if the block fails."""
    async with discard_keys_on_error(services) as keys:
        keys.extend(key for file in files if file for key in file.keys)
        yield


@asynccontextmanager
async def discard_keys_on_error(services: Services) -> AsyncIterator[list[str]]:
    """Yield a list for the keys of files that the block stores, and remove those if it fails."""
    keys: list[str] = []
    try:
        yield keys
    except BaseException:
        await services.store.remove(tuple(keys))
        raise
