"""Translations of posts for the surfaces: by the service that the operator chose, or from the store."""

from __future__ import annotations

from typing import cast

from msgspec import Struct

from fedserver.domain.content import post_texts
from fedserver.domain.kernel.errors import ForbiddenError, NotFoundError, RetryLaterError
from fedserver.domain.posts import articles
from fedserver.domain.timelines import translations
from fedserver.domain.timelines.post_views import PostView
from fedserver.integrations.translator import PROVIDER, Translator, TranslatorError
from fedserver.runtime.services import Services
from fedserver.text.languages import normalize_language
from fedserver.text.locales import gettext
from fedserver.text.sanitize import clean_article, clean_post, clean_text, to_text

HOUR_MS = 3_600_000
MAX_PLAIN_CHARS = 5_000


class TranslatedPost(Struct, frozen=True):
    """The texts of a post in another language: safe HTML, and plain texts in the order of the post.

    `detected` is the language in which the service took the original to be.
    """

    language: str
    html: str
    warning: str
    descriptions: tuple[str, ...]
    options: tuple[str, ...]
    detected: str
    provider: str


async def load_languages(services: Services) -> dict[str, list[str]]:
    """Return pairs of languages, which the service is asked for once an hour; none without a service.

    Raises RetryLaterError.
    """
    translator = services.translator
    if translator is None:
        return {}
    cache, hour = services.db.caches.get_cache("translation_languages", 2), services.db.clock() // HOUR_MS
    languages = cache.get(hour)
    if languages is None:
        try:
            languages = await translator.fetch_languages()
        except TranslatorError as error:
            raise _report(services, error) from error
        cache.store(hour, languages)
    return cast(dict[str, list[str]], languages)


def _report(services: Services, error: TranslatorError) -> RetryLaterError:
    services.log.warning("translator_failed", reason=str(error))
    return RetryLaterError(
        gettext("The translation service is not available right now. Please try again later.")
    )


async def translate(services: Services, view: PostView, language: str) -> TranslatedPost:
    """Return a post in a language; it is translated once.

    `view` is from `translations.get_source`. Raises NotFoundError without a service, ForbiddenError for a
    language that is not offered, RetryLaterError.
    """
    translator, row = services.translator, view.post
    if translator is None:
        raise NotFoundError
    target = await _choose_target(services, language, row.language)
    described = [file.description for file in view.media if file.description]
    options = [option.title for option in view.poll.options] if view.poll is not None else []
    warning = row.summary if row.kind in ("Note", "Question") else ""
    translation = await _load_or_make(services, translator, view, [warning, *described, *options], target)
    texts = [_clean_plain_text(text) for text in translation.texts[1:]]
    clean = clean_article if row.kind == "Article" else clean_post
    # Apps get this text as well as pages do, and fetch files without their token.
    html = post_texts.grant_pictures(services.site.links, row.id, clean(translation.texts[0]))
    first_option = 1 + len(described)
    return TranslatedPost(
        language=target,
        html=html,
        warning=texts[0],
        descriptions=tuple(texts[1:first_option]),
        options=tuple(texts[first_option:]),
        detected=translation.detected,
        provider=translation.provider,
    )


def _clean_plain_text(text: str) -> str:
    """Return plain text; the service answers with HTML where it was sent plain text."""
    return clean_text(to_text(text), MAX_PLAIN_CHARS)


async def _choose_target(services: Services, language: str, source: str | None) -> str:
    target = (normalize_language(language) or "").partition("-")[0]
    pairs = await load_languages(services)
    targets = pairs.get((source or "").partition("-")[0]) if source else list(pairs)
    if not target or target not in (targets or ()):
        raise ForbiddenError
    return target


async def _load_or_make(
    services: Services, translator: Translator, view: PostView, plain: list[str], target: str
) -> translations.PostTranslation:
    """Return the stored translation, or have one made and store it. Raises RetryLaterError."""
    html, source = articles.build_content(view), (view.post.language or "").partition("-")[0]
    digest = translations.compute_digest([html, *plain])
    async with services.db.read() as tx:
        stored = await translations.find(tx, view.post.id, target, digest)
    if stored is not None:
        return stored
    try:
        answer = await translator.translate([html], plain, source or None, target)
    except TranslatorError as error:
        raise _report(services, error) from error
    translation = translations.PostTranslation(answer.texts, answer.detected_language, PROVIDER)
    async with services.db.write() as tx:
        await translations.save(tx, view.post.id, target, digest, translation)
    return translation
