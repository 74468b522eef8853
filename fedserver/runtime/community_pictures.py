"""The logo and the picture of the community on their way into the store."""

from __future__ import annotations

from fedserver.domain.kernel.errors import InvalidError
from fedserver.media.errors import UnacceptableFileError
from fedserver.media.image_worker import ImageWorker, process_banner, process_square
from fedserver.media.store import FileStore
from fedserver.runtime.media_intake import ReceivedFile, build_too_large_error
from fedserver.text.locales import translate

PROCESS_BY_KEY = {"community.logo": process_square, "community.picture": process_banner}


async def store(files: FileStore, worker: ImageWorker, key: str, upload: ReceivedFile, max_bytes: int) -> str:
    """Store the picture for a setting and return its key in the store. Raises InvalidError."""
    if upload.size > max_bytes:
        raise build_too_large_error(key, max_bytes)
    try:
        image = await worker.run(PROCESS_BY_KEY[key], upload.data)
    except UnacceptableFileError as error:
        raise InvalidError(key, f"cannot be used: {error.text}", message=translate(error.text)) from error
    return await files.put_bytes(image.data, image.extension)
