"""Settings by group: shown, searched, previewed and changed; what another admin changed meanwhile is kept."""

from __future__ import annotations

import hashlib
from typing import Any

from aiohttp import web
from msgspec import Struct

from fedserver.config import Config, get_value
from fedserver.config_settings import Setting
from fedserver.config_values import ConfigError
from fedserver.console.setting_groups import GROUPS, find_group, search
from fedserver.domain.kernel.errors import InvalidError
from fedserver.domain.settings import contradictions, node_settings
from fedserver.runtime import community_pictures, media_intake
from fedserver.setting_values import encode, parse
from fedserver.text.locales import gettext
from fedserver.web.appearance.color_preview import describe_contrasts, render_preview
from fedserver.web.endpoint import ADMIN, Call, NoParams, Routes
from fedserver.web.uploads import Upload
from storage.engine import ReadTx

routes = Routes("console")
PATH = "/admin/settings"
MAX_REASON = 500  # characters
HUES = range(360)


class SearchParams(Struct, frozen=True):
    q: str = ""


class SettingsFormParams(Struct, frozen=True):
    """The fields of a group by key, with a digest of the value that each had when the form was shown."""

    csrf: str = ""
    values: dict[str, str] = {}
    was: dict[str, str] = {}
    logo: Upload | None = None
    picture: Upload | None = None
    removed: list[str] = []
    reason: str = ""
    confirmed: str = ""
    preview: bool = False


class HueParams(Struct, frozen=True):
    values: dict[str, str] = {}
    hue: int = 0


class Field(Struct, frozen=True):
    """A setting in a form: what stands in it, and what is to be said about that."""

    setting: Setting
    text: str
    digest: str
    error: str = ""
    warning: str = ""


class Form(Struct):
    """A form as a person sent it: the values that differ from those shown, and what is wrong with them."""

    values: dict[str, Any] = {}
    texts: dict[str, str] = {}
    errors: dict[str, str] = {}
    warnings: dict[str, str] = {}
    digests: dict[str, str] = {}


def compute_digest(value: Any) -> str:
    """Return a short digest of a value, by which a form knows whether it was changed."""
    return hashlib.sha256(encode(value).encode()).hexdigest()[:16]


def show(value: Any) -> str:
    """Return a value as it stands in a form."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(value) if isinstance(value, tuple) else str(value)


@routes.get(PATH, html=True, auth=ADMIN, params=SearchParams)
async def show_groups(call: Call[SearchParams]) -> web.Response:
    query = call.params.q.strip()
    return call.render("admin/settings.html", groups=GROUPS, query=query, hits=search(query) if query else [])


def _find_hue(values: dict[str, str], default: int) -> int:
    text = values.get("community.hue", "")
    is_hue = text.isascii() and text.isdigit() and len(text) < 4 and int(text) in HUES
    return int(text) if is_hue else default


@routes.get(PATH + "/colour", html=True, auth=ADMIN, params=HueParams, tx="own")
async def show_colour(call: Call[HueParams]) -> web.Response:
    """Return the part of a page with a colour in both themes, for a script that follows a slider."""
    hue = _find_hue(call.params.values, call.site.config.community.hue)
    return call.render("admin/_colour.html", hue=hue, contrasts=describe_contrasts(hue))


@routes.get(PATH + "/colour.svg", html=True, auth=ADMIN, params=HueParams, tx="own")
async def show_colour_picture(call: Call[HueParams]) -> web.Response:
    """Return a picture of pages in a colour, light and dark."""
    labels = (
        gettext("Light"),
        gettext("Dark"),
        gettext("A heading"),
        gettext("Text with a link"),
        gettext("Save"),
    )
    picture = render_preview(call.params.hue % 360, *labels)
    return web.Response(
        body=picture.encode(),
        content_type="image/svg+xml",
        headers={"Cache-Control": "private, max-age=3600", "X-Content-Type-Options": "nosniff"},
    )


@routes.get(PATH + "/{group}", html=True, auth=ADMIN)
async def show_group(call: Call[NoParams]) -> web.Response:
    """Return the form of a group. Raises NotFoundError if there is none."""
    return _render_form(call, call.text("group"), Form())


def _render_form(
    call: Call[Any], name: str, form: Form, *, reason: str = "", status: int = 200
) -> web.Response:
    group = find_group(name)
    config = call.site.config
    fields = [_build_field(config, setting, form) for setting in group.settings]
    hue = _find_hue(form.texts, config.community.hue)
    return call.render(
        "admin/settings_group.html",
        status=status,
        group=group,
        fields=fields,
        form=form,
        reason=reason,
        reason_error=form.errors.get("reason", ""),
        problems=[item for item in fields if item.error],
        confirmed=compute_digest(sorted(form.warnings)) if form.warnings else "",
        hue=hue,
        contrasts=describe_contrasts(hue),
        is_saved="saved" in call.request.query,
        max_picture_bytes=config.limits.upload_bytes,
    )


def _build_field(config: Config, setting: Setting, form: Form) -> Field:
    value, key = get_value(config, setting.key), setting.key
    # The digest of now: who reads of a change by others and saves again decides.
    return Field(
        setting,
        form.texts.get(key, show(value)),
        form.digests.get(key) or compute_digest(value),
        form.errors.get(key, ""),
        form.warnings.get(key, ""),
    )


@routes.post(
    PATH + "/{group}",
    html=True,
    auth=ADMIN,
    params=SettingsFormParams,
    tx="own",
    max_upload="upload_bytes",
)
async def change(call: Call[SettingsFormParams]) -> web.Response:
    """Change settings; a form with a mistake is shown again with all that was written."""
    group, params = find_group(call.text("group")), call.params
    await call.services.settings.refresh()
    form = _read_form(call.site.config, group.settings, params)
    if params.preview:
        form.errors = {}
        return _render_form(call, group.name, form, reason=params.reason)
    _check_reason(form, params.reason, is_needed=group.needs_reason and bool(form.values))
    async with media_intake.discard_keys_on_error(call.services) as keys:
        await _store_pictures(call, form, keys)
        async with call.services.db.read() as tx:
            is_ready = await _check_form(tx, call.site.config, form, params.confirmed)
        if is_ready:
            try:
                async with call.services.db.write() as write_tx:
                    await node_settings.change(write_tx, call.site, call.member, form.values, params.reason)
            except InvalidError as error:
                form.errors[error.field] = error.message
        if form.errors or form.warnings:
            await call.services.store.remove(tuple(keys))
            return _render_form(call, group.name, form, reason=params.reason, status=422)
    return call.see_other(f"{PATH}/{group.name}?saved=1")


def _read_form(config: Config, settings: tuple[Setting, ...], params: SettingsFormParams) -> Form:
    """Return what was sent: a field that is as it was shown keeps what others made of it meanwhile."""
    form = Form()
    for setting in settings:
        key, text = setting.key, params.values.get(setting.key)
        if text is None or setting.is_file:
            continue
        current, shown = get_value(config, key), params.was.get(key, "")
        text = text.replace("\r\n", "\n").strip()
        if text == show(current):
            continue
        try:
            value = parse(key, text)
        except ConfigError as error:
            form.texts[key], form.digests[key] = text, shown
            form.errors[key] = node_settings.to_invalid(error).message
            continue
        if compute_digest(value) == shown:
            continue
        form.texts[key], form.values[key] = text, value
        if shown and shown != compute_digest(current):
            form.errors[key] = gettext(
                "Someone else changed this meanwhile to: %(value)s. Save again to replace it by yours.",
                value=node_settings.show_value(current),
            )
    return form


def _check_reason(form: Form, reason: str, *, is_needed: bool) -> None:
    if is_needed and not reason.strip():
        form.errors["reason"] = gettext("Please say why. Members can read it in the log.")
    elif len(reason) > MAX_REASON:
        form.errors["reason"] = gettext("Please write at most %(max)s characters.", max=MAX_REASON)


async def _store_pictures(call: Call[SettingsFormParams], form: Form, keys: list[str]) -> None:
    """Store the pictures of a form without other mistakes: a browser has to be given the file again."""
    max_bytes = call.site.config.limits.upload_bytes
    for name, upload in (("logo", call.params.logo), ("picture", call.params.picture)):
        key = f"community.{name}"
        if upload is not None and upload.size and form.errors:
            form.errors[key] = gettext("Please choose the picture again.")
        elif upload is not None and upload.size:
            services = call.services
            try:
                stored = await community_pictures.store(
                    services.store, services.image_worker, key, upload, max_bytes
                )
            except InvalidError as error:
                form.errors[key] = error.message
                continue
            keys.append(stored)
            form.values[key] = stored
        elif name in call.params.removed:
            form.values[key] = ""


async def _check_form(tx: ReadTx, config: Config, form: Form, confirmed: str) -> bool:
    """Return True if the values can be stored; else the form says at which field what is wrong."""
    try:
        after = node_settings.check(config, form.values)
    except InvalidError as error:
        form.errors.setdefault(error.field, error.message)
        return False
    for problem in await contradictions.find(tx, after, form.values):
        place = form.errors if problem.is_refused else form.warnings
        place.setdefault(problem.key, problem.text)
    if form.warnings and confirmed == compute_digest(sorted(form.warnings)):
        form.warnings = {}
    return not form.errors and not form.warnings
