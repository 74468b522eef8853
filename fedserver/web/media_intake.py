"""Files of requests on their way into the store; what is refused leaves nothing there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fedserver.domain.content import media
from fedserver.domain.kernel.errors import InvalidError
from fedserver.media.av_worker import ConvertedMedia
from fedserver.media.errors import UnacceptableFileError
from fedserver.media.image_worker import ProcessedImage, process_attachment
from fedserver.web.services import Services
from fedserver.web.uploads import Upload, build_too_large_error

RAW_EXTENSION = "raw"  # of no type that is served


async def store_image(services: Services, upload: Upload, field: str = "file") -> media.NewFile:
    """Clean a picture and keep it. Raises Invalid, named after the form's `field`."""
    return await _store_processed(services, await _process_image(services, upload, field))


async def store_thumbnail(services: Services, upload: Upload, field: str) -> media.NewFile:
    """Clean a picture and keep its small form only. Raises Invalid."""
    made = await _process_image(services, upload, field)
    small = made.small
    return media.NewFile(
        kind="image",
        content_type=small.content_type,
        file_key="",
        preview_key=await services.store.put(small.data, small.extension),
        bytes=len(small.data),
        blurhash=made.blurhash,
        preview_width=small.width,
        preview_height=small.height,
    )


async def _process_image(services: Services, upload: Upload, field: str) -> ProcessedImage:
    most = services.site.config.limits.upload_bytes
    if upload.size > most:
        raise build_too_large_error(field, most)
    try:
        return await services.image_worker.run(process_attachment, upload.data)
    except UnacceptableFileError as error:
        raise InvalidError(field, f"was not taken: {error.text}") from error


async def _store_processed(services: Services, made: ProcessedImage) -> media.NewFile:
    store, full, small = services.store, made.full, made.small
    return media.NewFile(
        kind=made.kind,
        content_type=full.content_type,
        file_key=await store.put(full.data, full.extension),
        preview_key=await store.put(small.data, small.extension),
        bytes=len(full.data) + len(small.data),
        blurhash=made.blurhash,
        width=full.width,
        height=full.height,
        preview_width=small.width,
        preview_height=small.height,
        duration=made.duration,
        frame_rate=made.frame_rate,
        bitrate=int(len(full.data) * 8 / made.duration) if made.duration else None,
    )


async def store_video(services: Services, upload: Upload, kind: str) -> media.NewFile:
    """Keep a film or sound as it came, to be processed later. Raises Invalid if it cannot be taken."""
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
            raise InvalidError("file", f"was not taken: {error.text}") from error
    return new


async def process(services: Services, key: str) -> media.NewFile:
    """Make what is shown of a film or sound that was kept as it came. Raises Unacceptable."""
    path = services.store.path(key)
    if path is None:
        raise UnacceptableFileError("The file is not there any more")
    with services.store.temp_dir() as folder:
        made = await services.av_worker.convert(path, folder)
        return await _store_recording(services, made)


async def _store_recording(services: Services, made: ConvertedMedia) -> media.NewFile:
    store, small = services.store, made.small
    return media.NewFile(
        kind=made.kind,
        content_type=made.content_type,
        file_key=await store.put_file(Path(made.path), made.extension),
        preview_key=await store.put(small.data, small.extension) if small else "",
        bytes=made.bytes + (len(small.data) if small else 0),
        blurhash=made.blurhash,
        width=made.width,
        height=made.height,
        preview_width=small.width if small else None,
        preview_height=small.height if small else None,
        duration=made.duration,
        frame_rate=made.frame_rate,
        bitrate=made.bitrate,
    )


@asynccontextmanager
async def discard_on_error(services: Services, *files: media.NewFile | None) -> AsyncIterator[None]:
    """Keep `files` if the block succeeds; otherwise they are removed."""
    async with discard_keys_on_error(services) as keys:
        keys.extend(key for each in files if each for key in each.keys)
        yield


@asynccontextmanager
async def discard_keys_on_error(services: Services) -> AsyncIterator[list[str]]:
    """A list for the keys of files that the block stores; if it fails, they are removed."""
    keys: list[str] = []
    try:
        yield keys
    except BaseException:
        await services.store.remove(tuple(keys))
        raise
