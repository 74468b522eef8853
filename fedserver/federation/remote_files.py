"""Files of peers, fetched when they are first viewed and served from here.

So peers do not learn who reads what. Images are re-encoded as uploads are; video and audio are stored as they
are if their content has the expected type. A file that failed is not asked for again for some minutes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog
from cachetools import TTLCache
from msgspec import Struct

from addresses.hosts import find_host
from fedserver.domain.content import remote_files
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import DomainError, NotFoundError, PeerError
from fedserver.domain.peers import peers
from fedserver.federation.fetch import Fetcher
from fedserver.media import image_worker
from fedserver.media.errors import UnacceptableFileError
from fedserver.media.image_worker import ImageWorker
from fedserver.media.sniff import sniff
from fedserver.media.store import FileStore
from fedserver.net.client import Client, HeaderSigner, Response
from fedserver.net.errors import NetError
from storage.engine import Database
from storage.rows.content import RemoteFileRow

log = structlog.stdlib.get_logger("fedserver.federation")
FAILURE_TTL_S = 300
FETCH_TIMEOUT_S = 40.0  # videos of tens of megabytes from slow servers
REFUSED_STATUSES = (401, 403)
GONE_STATUSES = frozenset({401, 403, 404, 410})
EXTENSIONS = {
    "video/mp4": "mp4", "video/webm": "webm", "audio/ogg": "ogg", "audio/mpeg": "mp3",
    "audio/flac": "flac", "audio/wav": "wav", "audio/aac": "aac",
}  # fmt: skip
CROPPERS = {"avatar": image_worker.process_square, "header": image_worker.process_banner}
PROCESSORS = {
    "file": image_worker.process_remote,
    "text": image_worker.process_remote,
    "card": image_worker.process_card,
    "emoji": image_worker.process_emoji,
}
File = tuple[bytes, str]


class ProcessedFile(Struct, frozen=True):
    """A file as it is served, perhaps with a thumbnail; images have a size (pixels) and a blurhash."""

    full: File
    small: File | None = None
    width: int = 0
    height: int = 0
    blurhash: str | None = None


class RemoteFiles:
    """Fetches files for one node, each once at a time however many ask for it."""

    def __init__(
        self, db: Database, site: NodeContext, client: Client, fetcher: Fetcher, store: FileStore,
        images: ImageWorker, policies: peers.PeerPolicies, clock: Callable[[], int],
    ) -> None:  # fmt: skip
        self._db = db
        self._site = site
        self._client = client
        self._fetcher = fetcher
        self._store = store
        self._images = images
        self._policies = policies
        self._in_flight: dict[tuple[int, str], asyncio.Task[RemoteFileRow]] = {}
        self._failed: TTLCache[str, type[NotFoundError] | type[PeerError]] = TTLCache(
            20_000, FAILURE_TTL_S, timer=lambda: clock() / 1000
        )

    async def get(self, request: remote_files.RemoteFileRequest) -> RemoteFileRow:
        """Return a file, from the store or from its peer. Raises NotFoundError, PeerError."""
        if self._is_rejected(request):
            raise NotFoundError
        if request.stored is not None and self._store.path(request.stored.file_key) is not None:
            return request.stored
        if request.url in self._failed:
            raise self._failed[request.url]
        key = (request.subject_id, request.shape)
        flight = self._in_flight.get(key)
        if flight is None:
            flight = asyncio.ensure_future(self._fetch_and_store(request))
            self._in_flight[key] = flight
            flight.add_done_callback(lambda _: self._in_flight.pop(key, None))
        return await asyncio.shield(flight)

    def _is_rejected(self, request: remote_files.RemoteFileRequest) -> bool:
        """Return True if a host that the file or its account is on is blocked, or its files are rejected."""
        hosts = (find_host(request.url), request.host, request.actor_host)
        # guard: the hosts of a file
        return self._policies.is_blocked(*hosts) or not self._policies.allows_media(*hosts)

    def _may_download(self, request: remote_files.RemoteFileRequest) -> bool:
        """Return True if the mode of the node lets it ask for a file, by the hosts of its account.

        The file's own host need not be on an allowlist: cards and pictures in local posts are of websites,
        and peers often keep their files, emoji among them, on hosts that store those of many.
        """
        is_emoji = request.shape == "emoji"
        if not is_emoji and not request.host:
            return True
        return self._policies.allows(*(() if is_emoji else (request.host, request.actor_host)))

    async def _fetch_and_store(self, request: remote_files.RemoteFileRequest) -> RemoteFileRow:
        try:
            processed = await self._process(request, await self._download(request))
        except (NetError, UnacceptableFileError, DomainError) as error:
            log.info("remote_file_failed", url=request.url[:300], reason=str(error)[:300])
            is_missing = isinstance(error, NotFoundError | UnacceptableFileError)
            failure = NotFoundError if is_missing else PeerError
            self._failed[request.url] = failure
            raise failure from error
        files = [processed.full] if processed.small is None else [processed.full, processed.small]
        keys = [await self._store.put_bytes(data, extension) for data, extension in files]
        size = sum(len(data) for data, _ in files)
        small = keys[1] if len(keys) > 1 else ""
        fetched = remote_files.FetchedFile(
            keys[0], small, size, processed.width, processed.height, processed.blurhash
        )
        try:
            async with self._db.write() as tx:
                return await remote_files.store(tx, request, fetched)
        except BaseException:
            await self._store.remove(tuple(keys))
            raise

    async def _download(self, request: remote_files.RemoteFileRequest) -> bytes:
        if not self._may_download(request):
            raise NotFoundError
        limits = self._site.config.limits
        max_bytes = limits.upload_bytes if request.kind == "image" else limits.video_bytes
        response = await self._get(request.url, max_bytes)
        if response.status in REFUSED_STATUSES and (signer := await self._fetcher.get_signer()) is not None:
            # A node that is private gives its files to peers that it knows. Others are not told who asks.
            response = await self._get(request.url, max_bytes, signer.sign_get)
        if response.status in GONE_STATUSES:
            raise NotFoundError
        if response.status != 200:
            raise PeerError
        return response.body

    async def _get(self, url: str, max_bytes: int, sign: HeaderSigner | None = None) -> Response:
        return await self._client.get(
            url, accept="image/*,video/*,audio/*", max_bytes=max_bytes, seconds=FETCH_TIMEOUT_S, sign=sign
        )

    async def _process(self, request: remote_files.RemoteFileRequest, data: bytes) -> ProcessedFile:
        if request.shape in CROPPERS:
            image = await self._images.run(CROPPERS[request.shape], data)
            return ProcessedFile((image.data, image.extension))
        kind = sniff(data)
        if request.kind in ("video", "audio", "gifv") and kind in EXTENSIONS:
            return ProcessedFile((data, EXTENSIONS[kind]))
        if request.kind in ("video", "audio"):
            raise UnacceptableFileError("This file is neither video nor audio.")
        images = await self._images.run(PROCESSORS[request.shape.partition(":")[0]], data)
        full, small = images.full, None if images.small is images.full else images.small
        return ProcessedFile(
            (full.data, full.extension),
            (small.data, small.extension) if small is not None else None,
            full.width,
            full.height,
            images.blurhash,
        )

    def clear_failures(self) -> None:
        """Forget which files could not be fetched: another decision about their peers may let them in."""
        self._failed.clear()

    def close(self) -> None:
        """Cancel what is under way."""
        for flight in self._in_flight.values():
            flight.cancel()
