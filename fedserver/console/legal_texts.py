"""Legal texts of the community: written as Markdown, previewed, with templates to start from."""

from __future__ import annotations

from datetime import date
from typing import Any

from aiohttp import web
from msgspec import Struct

from fedserver.console.legal_templates import render_template
from fedserver.console.setting_groups import find_group
from fedserver.console.settings import compute_digest
from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from fedserver.domain.settings import legal_texts
from fedserver.text.locales import gettext
from fedserver.text.markup import render_markdown
from fedserver.web.endpoint import ADMIN, Call, LongText, NoParams, Routes
from storage.engine import ReadTx

routes = Routes("console")
PATH = "/admin/settings/legal"


class LegalPageParams(Struct, frozen=True):
    day: str = ""
    template: bool = False


class LegalFormParams(Struct, frozen=True):
    csrf: str = ""
    source: LongText = ""
    day: str = ""
    was: str = ""
    was_day: str = ""
    reason: str = ""
    preview: bool = False


@routes.get(PATH, html=True, auth=ADMIN)
async def show_all(call: Call[NoParams]) -> web.Response:
    days = await legal_texts.list_days(call.tx)
    return call.render(
        "admin/legal_texts.html",
        group=find_group("legal"),
        kinds=legal_texts.KINDS,
        days=days,
        today=legal_texts.to_day(call.tx.now),
    )


@routes.get(PATH + "/{kind}", html=True, auth=ADMIN, params=LegalPageParams)
async def show(call: Call[LegalPageParams]) -> web.Response:
    """Return the form of a text: of terms a version to come, or a new one."""
    kind, params = _get_kind(call), call.params
    source = await _load_shown(call.tx, kind, params.day)
    stored = await legal_texts.load_source(call.tx, kind, params.day)
    if params.template and not source:
        source = render_template(kind, call.site)
    return await _render_page(call, call.tx, kind, source, params.day, stored)


def _get_kind(call: Call[Any]) -> str:
    kind = call.text("kind")
    if kind not in legal_texts.KINDS:
        raise NotFoundError
    return kind


async def _load_shown(tx: ReadTx, kind: str, day: str) -> str:
    """Return the text to edit: without a day the latest terms, as the next ones are like them."""
    if kind == legal_texts.TERMS and not day:
        days = await legal_texts.list_days(tx)
        day = days[-1].isoformat() if days else ""
    return await legal_texts.load_source(tx, kind, day)


async def _render_page(
    call: Call[Any],
    tx: ReadTx,
    kind: str,
    source: str,
    day: str,
    stored: str,
    *,
    error: InvalidError | None = None,
    reason: str = "",
    preview: str = "",
) -> web.Response:
    return call.render(
        "admin/legal_text.html",
        status=422 if error else 200,
        group=find_group("legal"),
        kind=kind,
        source=source,
        day=day,
        digest=compute_digest(stored),
        days=await legal_texts.list_days(tx) if kind == legal_texts.TERMS else [],
        today=legal_texts.to_day(call.services.db.clock()),
        problem=error.message if error else "",
        problem_field=error.field if error else "",
        reason=reason,
        preview=preview,
        is_saved="saved" in call.request.query,
        is_written=bool(stored),
        max_text=legal_texts.MAX_TEXT,
    )


@routes.post(PATH + "/{kind}", html=True, auth=ADMIN, params=LegalFormParams, tx="own")
async def write(call: Call[LegalFormParams]) -> web.Response:
    """Write a text, or show how it will look."""
    kind, params, db = _get_kind(call), call.params, call.services.db
    preview = ""
    if params.preview:
        preview = render_markdown(
            params.source[: legal_texts.MAX_TEXT], article=True, base=f"{call.site.links.base}/"
        )
    try:
        if not params.preview:
            await _write(call, kind)
    except InvalidError as error:
        async with db.read() as tx:
            stored = await legal_texts.load_source(tx, kind, params.day)
            return await _render_page(
                call, tx, kind, params.source, params.day, stored, error=error, reason=params.reason
            )
    if params.preview:
        async with db.read() as tx:
            stored = await legal_texts.load_source(tx, kind, params.day)
            return await _render_page(
                call, tx, kind, params.source, params.day, stored, reason=params.reason, preview=preview
            )
    return call.see_other(f"{PATH}/{kind}?saved=1" + (f"&day={params.day}" if params.day else ""))


async def _write(call: Call[LegalFormParams], kind: str) -> None:
    params = call.params
    source = params.source.replace("\r\n", "\n")
    async with call.services.db.write() as tx:
        stored = await legal_texts.load_source(tx, kind, params.day)
        is_same = stored == source.strip()
        if (
            not is_same
            and params.was_day == params.day
            and params.was
            and params.was != compute_digest(stored)
        ):
            message = gettext("Someone else changed this text meanwhile. Save again to replace it by yours.")
            raise InvalidError("source", "changed meanwhile", message=message)
        await legal_texts.write(tx, call.member, kind, source, params.reason, _parse_day(kind, params.day))


def _parse_day(kind: str, text: str) -> date | None:
    if kind != legal_texts.TERMS or not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        message = gettext("Please write a day like 2027-01-31.")
        raise InvalidError("effective_from", "is no day", message=message) from error
