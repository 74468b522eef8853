"""Files of peers, fetched when somebody first looks at them and shown from here.

Readers stay unknown to peers that way. Pictures are cleaned as uploads are; films and sound are kept as they
are if they are what they should be. What failed is not asked for again for some minutes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from urllib.parse import urlsplit

import structlog
from cachetools import TTLCache
from msgspec import Struct

from fedserver.domain.content import remote_files
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import DomainError, NotFoundError, PeerError
from fedserver.domain.peers import peers
from fedserver.media import image_worker
from fedserver.media.errors import UnacceptableFileError
from fedserver.media.image_worker import ImageWorker
from fedserver.media.sniff import sniff
from fedserver.media.store import FileStore
from fedserver.net.client import Client
from fedserver.net.errors import NetError
from storage.engine import Database
from storage.rows.content import RemoteFileRow

log = structlog.stdlib.get_logger("fedserver.federation")
FAILURE_TTL_S = 300
FETCH_TIMEOUT_S = 40.0
GONE_STATUSES = frozenset({401, 403, 404, 410})
EXTENSIONS = {
    "video/mp4": "mp4", "video/webm": "webm", "audio/ogg": "ogg", "audio/mpeg": "mp3",
    "audio/flac": "flac", "audio/wav": "wav", "audio/aac": "aac",
}  # fmt: skip
CROPPERS = {"avatar": image_worker.process_square, "header": image_worker.process_banner}
PROCESSORS = {
    "file": image_worker.process_remote,
    "card": image_worker.process_card,
    "emoji": image_worker.process_emoji,
}
File = tuple[bytes, str]


class ProcessedFile(Struct, frozen=True):
    """A file as it is shown, and its small form if there is one; pictures have a size (pixels) and a blur."""

    full: File
    small: File | None = None
    width: int = 0
    height: int = 0
    blurhash: str | None = None


class RemoteFiles:
    """Fetches for one node, each file once at a time."""

    def __init__(
        self, db: Database, site: NodeContext, client: Client, store: FileStore, images: ImageWorker,
        policies: peers.PeerPolicies, clock: Callable[[], int],
    ) -> None:  # fmt: skip
        self._db = db
        self._limits = site.config.limits
        self._client = client
        self._store = store
        self._images = images
        self._policies = policies
        self._in_flight: dict[tuple[int, str], asyncio.Task[RemoteFileRow]] = {}
        self._failed: TTLCache[str, type[NotFoundError] | type[PeerError]] = TTLCache(
            20_000, FAILURE_TTL_S, timer=lambda: clock() / 1000
        )

    async def get(self, wanted: remote_files.RemoteFileRequest) -> RemoteFileRow:
        """A file, from the store or from where it lies. Raises NotFound, BadPeer."""
        if not self._policies.allows_media(wanted.host) or self._policies.find(wanted.host) == "block":
            raise NotFoundError
        if wanted.stored is not None and self._store.path(wanted.stored.file_key) is not None:
            return wanted.stored
        if wanted.url in self._failed:
            raise self._failed[wanted.url]
        key = (wanted.subject_id, wanted.shape)
        flight = self._in_flight.get(key)
        if flight is None:
            flight = asyncio.ensure_future(self._fetch_and_store(wanted))
            self._in_flight[key] = flight
            flight.add_done_callback(lambda _: self._in_flight.pop(key, None))
        return await asyncio.shield(flight)

    async def _fetch_and_store(self, wanted: remote_files.RemoteFileRequest) -> RemoteFileRow:
        try:
            made = await self._process(wanted, await self._download(wanted))
        except (NetError, UnacceptableFileError, DomainError) as error:
            log.info("remote_file_failed", url=wanted.url[:300], reason=str(error)[:300])
            missing = isinstance(error, NotFoundError | UnacceptableFileError)
            told = NotFoundError if missing else PeerError
            self._failed[wanted.url] = told
            raise told from error
        files = [made.full] if made.small is None else [made.full, made.small]
        keys = [await self._store.put(data, ending) for data, ending in files]
        size = sum(len(data) for data, _ in files)
        small = keys[1] if len(keys) > 1 else ""
        kept = remote_files.FetchedFile(keys[0], small, size, made.width, made.height, made.blurhash)
        try:
            async with self._db.write() as tx:
                return await remote_files.store(tx, wanted, kept)
        except BaseException:
            await self._store.remove(tuple(keys))
            raise

    async def _download(self, wanted: remote_files.RemoteFileRequest) -> bytes:
        host = urlsplit(wanted.url).netloc.rpartition("@")[2]
        # Links lead to strangers, with whom no node federates: the picture of a card may lie anywhere.
        stranger = not wanted.host and self._policies.find(host) != "block"
        if not stranger and not (self._policies.allows(host) and self._policies.allows(wanted.host)):
            raise NotFoundError
        most = self._limits.upload_bytes if wanted.kind == "image" else self._limits.video_bytes
        answer = await self._client.get(
            wanted.url, accept="image/*,video/*,audio/*", max_bytes=most, seconds=FETCH_TIMEOUT_S
        )
        if answer.status in GONE_STATUSES:
            raise NotFoundError
        if answer.status != 200:
            raise PeerError
        return answer.body

    async def _process(self, wanted: remote_files.RemoteFileRequest, data: bytes) -> ProcessedFile:
        if wanted.shape in CROPPERS:
            picture = await self._images.run(CROPPERS[wanted.shape], data)
            return ProcessedFile((picture.data, picture.extension))
        kind = sniff(data)
        if wanted.kind in ("video", "audio", "gifv") and kind in EXTENSIONS:
            return ProcessedFile((data, EXTENSIONS[kind]))
        if wanted.kind in ("video", "audio"):
            raise UnacceptableFileError("It is not a film or sound")
        made = await self._images.run(PROCESSORS[wanted.shape], data)
        full, small = made.full, None if made.small is made.full else made.small
        return ProcessedFile(
            (full.data, full.extension),
            (small.data, small.extension) if small is not None else None,
            full.width,
            full.height,
            made.blurhash,
        )

    def close(self) -> None:
        """End what is under way."""
        for flight in self._in_flight.values():
            flight.cancel()
