"""Translations of statuses (docs.joinmastodon.org/methods/statuses#translate), by a service that the operator
chose; without one, nothing can be translated.
"""

from __future__ import annotations

from msgspec import Struct

from fedserver.domain.timelines import translations
from fedserver.runtime import post_translator
from fedserver.web.endpoint import APP, Call, NoParams, Routes

routes = Routes("client_api")


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


@routes.get("/api/v1/instance/translation_languages", tx="own")
async def list_languages(call: Call[NoParams]) -> dict[str, list[str]]:
    return await post_translator.load_languages(call.services)


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
    own = call.principal.member.locale if call.principal and call.principal.member else ""
    translated = await post_translator.translate(call.services, view, call.params.lang or own or "en")
    files = [file for file in view.media if file.description]
    options = [TranslatedOption(text) for text in translated.options]
    return StatusTranslation(
        content=translated.html,
        spoiler_text=translated.warning,
        language=translated.language,
        media_attachments=[
            TranslatedAttachment(str(file.id), text)
            for file, text in zip(files, translated.descriptions, strict=True)
        ],
        detected_source_language=translated.detected,
        provider=translated.provider,
        poll=TranslatedPoll(str(view.post.id), options) if options else None,
    )
