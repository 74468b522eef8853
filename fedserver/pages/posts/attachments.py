"""Files of a post that is being written: uploaded one by one by script, or with the form.

The form names its files in parallel lists, in the order in which they are shown: ids, descriptions, focus.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aiohttp import web
from msgspec import Struct

from fedserver.domain.content import media
from fedserver.domain.kernel.errors import InvalidError
from fedserver.runtime import media_intake
from fedserver.text.locales import gettext
from fedserver.web.endpoint import USER, Call, NoParams, Routes
from fedserver.web.rate_limits import list_buckets
from fedserver.web.uploads import Upload
from storage.engine import Tx
from storage.rows.content import MediaRow

routes = Routes("pages")
UPLOAD_LIMIT = "media"
DESCRIBED_KINDS = ("image", "gifv", "video", "audio")


class UploadParams(Struct, frozen=True):
    """One file, as the script sends it."""

    csrf: str = ""
    file: Upload | None = None


class Attachment(Struct, frozen=True):
    """A file of a form, with what is written about it there."""

    row: MediaRow
    description: str
    focus_x: str
    focus_y: str


@routes.post(
    "/write/media",
    html=True,
    auth=USER,
    params=UploadParams,
    tx="own",
    max_upload="video_bytes",
    limit=UPLOAD_LIMIT,
)
async def upload(call: Call[UploadParams]) -> web.StreamResponse:
    """Store a file and return its part of the form."""
    file = call.params.file
    if file is None or not file.size:
        raise InvalidError("file", "can't be blank", "ERR_BLANK")
    return _render(call, await store(call, file))


@routes.get("/write/media/{id}", html=True, auth=USER)
async def show(call: Call[NoParams]) -> web.StreamResponse:
    """Return the part of the form for a file: a script asks until a video is processed."""
    return _render(call, await media.get(call.tx, call.account, call.id()))


def _render(call: Call[Any], row: MediaRow) -> web.Response:
    return call.render("attachment.html", attachment=to_attachment(row))


def to_attachment(row: MediaRow) -> Attachment:
    """Return a file as it is stored."""
    return Attachment(row, row.description, f"{row.focus_x:g}", f"{row.focus_y:g}")


async def store(call: Call[Any], file: Upload) -> MediaRow:
    """Store one file of the caller. Raises InvalidError; nothing of it stays then."""
    async with call.services.db.read() as tx:
        await media.check_quota(tx, call.site, call.account, file.size)
    new = await media_intake.store_attachment(call.services, file)
    async with media_intake.discard_on_error(call.services, new), call.services.db.write() as tx:
        return await media.create(tx, call.site, call.account, new, "", (0.0, 0.0))


async def store_from_form(call: Call[Any], file: Upload) -> MediaRow:
    """Store one of several files of a form, each of which counts as an upload. Raises what `store` raises."""
    call.services.rate_limiter.consume(list_buckets(UPLOAD_LIMIT, call.principal, call.address))
    return await store(call, file)


async def describe(tx: Tx, call: Call[Any], attachments: Sequence[Attachment]) -> bool:
    """Store what is written about the files; return True if something of it is new. Raises InvalidError."""
    is_changed = False
    for attachment in attachments:
        former = attachment.row
        focus = parse_focus(attachment)
        is_changed |= former != await media.describe(
            tx, call.account, former.id, attachment.description, focus
        )
    return is_changed


def parse_focus(attachment: Attachment) -> tuple[float, float]:
    """Return the focus of a file; its middle if nothing is given. Raises InvalidError."""
    try:
        return media.parse_focus(f"{attachment.focus_x or 0},{attachment.focus_y or 0}") or (0.0, 0.0)
    except InvalidError as error:
        message = gettext("The focus needs two numbers from -1 to 1.")
        raise InvalidError("focus", error.reason, message=message) from error


def is_undescribed(attachment: Attachment) -> bool:
    """Return True for a file that people who cannot see or hear it learn nothing about."""
    return attachment.row.kind in DESCRIBED_KINDS and not attachment.description.strip()


def arrange(ids: Sequence[int], decision: str) -> list[int]:
    """Return the order of the files after a button: `up:ID`, `down:ID` or `remove:ID`; else as it is."""
    act, _, text = decision.partition(":")
    wanted = list(ids)
    if not text.isdecimal() or int(text) not in wanted:
        return wanted
    place = wanted.index(int(text))
    wanted.pop(place)
    if act == "remove":
        return wanted
    wanted.insert(max(0, place + {"up": -1, "down": 1}.get(act, 0)), int(text))
    return wanted
