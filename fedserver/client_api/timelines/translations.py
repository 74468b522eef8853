"""Translations of statuses (docs.joinmastodon.org/methods/statuses#translate), by a service that the operator
chose; without one, nothing can be translated.
"""

from __future__ import annotations

from typing import Any, cast

from msgspec import Struct

from fedserver.client_api.entities.statuses import build_content
from fedserver.domain.content import post_texts
from fedserver.domain.kernel.errors import ForbiddenError, NotFoundError, RetryLaterError
from fedserver.domain.timelines import translations
from fedserver.domain.timelines.post_views import PostView
from fedserver.integrations.translator import PROVIDER, Translator, TranslatorError
from fedserver.text.languages import normalize_language
from fedserver.text.locales import gettext
from fedserver.text.sanitize import clean_article, clean_post, clean_text, to_text
from fedserver.web.endpoint import APP, Call, NoParams, Routes

routes = Routes("client_api")
HOUR_MS = 3_600_000
MAX_PLAIN_CHARS = 5_000


class TranslateParams(Struct, frozen=True):
    lang: str = ""


class TranslatedAttachment(Struct, frozen=True):
    id: str
    description: str


class TranslatedOption(Struct, frozen=True):
    title: str


class TranslatedPoll(Struct, frozen=True):
    """A translated poll (docs.joinmastodon.org/entities/Translation); `id` is that of the post."""

    id: str
    options: list[TranslatedOption]


class StatusTranslation(Struct, frozen=True):
    content: str
    spoiler_text: str
    language: str
    media_attachments: list[TranslatedAttachment]
    detected_source_language: str
    provider: str
    poll: TranslatedPoll | None


async def _load_languages(call: Call[Any], translator: Translator) -> dict[str, list[str]]:
    """Return pairs of languages, which the service is asked for once an hour.

    Raises RetryLaterError.
    """
    cache, hour = (
        call.services.db.caches.get_cache("translation_languages", 2),
        call.services.db.clock() // HOUR_MS,
    )
    languages = cache.get(hour)
    if languages is None:
        try:
            languages = await translator.fetch_languages()
        except TranslatorError as error:
            call.services.log.warning("translator_failed", reason=str(error))
            raise RetryLaterError(
                gettext("The translation service is not available right now. Please try again later.")
            ) from error
        cache.store(hour, languages)
    return cast(dict[str, list[str]], languages)


@routes.get("/api/v1/instance/translation_languages", tx="own")
async def list_languages(call: Call[NoParams]) -> dict[str, list[str]]:
    translator = call.services.translator
    return {} if translator is None else await _load_languages(call, translator)


@routes.post(
    "/api/v1/statuses/{id}/translate",
    auth=APP,
    scope="read:statuses",
    params=TranslateParams,
    tx="own",
    limit="translations",
)
async def translate(call: Call[TranslateParams]) -> StatusTranslation:
    async with call.services.db.read() as tx:
        view = await translations.get_source(tx, call.id(), call.viewer_id)
    translator, row = call.services.translator, view.post
    if translator is None:
        raise NotFoundError
    target = await _choose_target(call, translator, row.language)
    files = [file for file in view.media if file.description]
    option_titles = [option.title for option in view.poll.options] if view.poll is not None else []
    plain = [
        row.summary if row.kind in ("Note", "Question") else "",
        *(file.description for file in files),
        *option_titles,
    ]
    translation = await _load_or_translate(call, translator, view, plain, target)
    described, options = translation.texts[2 : 2 + len(files)], translation.texts[2 + len(files) :]
    clean = clean_article if row.kind == "Article" else clean_post
    return StatusTranslation(
        content=post_texts.grant_pictures(call.site.links, row.id, clean(translation.texts[0])),
        spoiler_text=_clean_plain_text(translation.texts[1]),
        language=target,
        media_attachments=[
            TranslatedAttachment(str(file.id), _clean_plain_text(text))
            for file, text in zip(files, described, strict=True)
        ],
        detected_source_language=translation.detected,
        provider=translation.provider,
        poll=TranslatedPoll(str(row.id), [TranslatedOption(_clean_plain_text(text)) for text in options])
        if option_titles
        else None,
    )


def _clean_plain_text(text: str) -> str:
    """Return plain text; the service answers with HTML where it was sent plain text."""
    return clean_text(to_text(text), MAX_PLAIN_CHARS)


async def _choose_target(call: Call[TranslateParams], translator: Translator, source: str | None) -> str:
    """Return the language of the request, else the caller's. Raises ForbiddenError if it is not offered."""
    own = call.principal.member.locale if call.principal and call.principal.member else ""
    target = (normalize_language(call.params.lang or own or "en") or "").partition("-")[0]
    pairs = await _load_languages(call, translator)
    targets = pairs.get((source or "").partition("-")[0]) if source else list(pairs)
    if not target or target not in (targets or ()):
        raise ForbiddenError
    return target


async def _load_or_translate(
    call: Call[TranslateParams],
    translator: Translator,
    view: PostView,
    plain: list[str],
    target: str,
) -> translations.PostTranslation:
    """Return the stored translation, or have one made and store it. Raises RetryLaterError."""
    html, source = build_content(view), (view.post.language or "").partition("-")[0]
    digest = translations.compute_digest([html, *plain])
    async with call.services.db.read() as tx:
        stored = await translations.find(tx, view.post.id, target, digest)
    if stored is not None:
        return stored
    try:
        answer = await translator.translate([html], plain, source or None, target)
    except TranslatorError as error:
        call.services.log.warning("translator_failed", reason=str(error))
        raise RetryLaterError(
            gettext("The translation service is not available right now. Please try again later.")
        ) from error
    translation = translations.PostTranslation(answer.texts, answer.detected_language, PROVIDER)
    async with call.services.db.write() as tx:
        await translations.save(tx, view.post.id, target, digest, translation)
    return translation
