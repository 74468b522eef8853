"""Accounts, hashtags and custom emoji that fit what is being written after `@`, `#` or `:`."""

from __future__ import annotations

from aiohttp import web
from msgspec import Struct

from fedserver.domain.accounts import account_views
from fedserver.domain.content import emojis
from fedserver.domain.timelines import search
from fedserver.web.endpoint import USER, Call, Routes
from storage.rows.content import EmojiRow

routes = Routes("pages")
MAX_SUGGESTIONS = 6
MIN_LENGTH = 2  # characters with the sign: one letter at least
MAX_LENGTH = 100


class SuggestionParams(Struct, frozen=True):
    """The word that is being written, with its sign."""

    q: str = ""


@routes.get("/write/suggestions", html=True, auth=USER, params=SuggestionParams)
async def show(call: Call[SuggestionParams]) -> web.StreamResponse:
    """Return options for a list below the text; nothing if nothing fits."""
    word = call.params.q[:MAX_LENGTH]
    sign, people, tags = word[:1], [], []
    pictures: list[EmojiRow] = []
    if len(word) >= MIN_LENGTH and sign in ("@", "#"):
        kind = "accounts" if sign == "@" else "hashtags"
        query = search.SearchRequest(text=word, kind=kind, limit=MAX_SUGGESTIONS)
        result = await search.run(call.tx, call.site, call.viewer_id, query)
        people, tags = await account_views.load_page(call.tx, result.accounts), list(result.tags)
    elif len(word) >= MIN_LENGTH and sign == ":":
        name = word[1:].lower()
        enabled = await emojis.list_enabled(call.tx)
        pictures = [row for row in enabled if row.shortcode.lower().startswith(name)][:MAX_SUGGESTIONS]
    return call.render("suggestions.html", people=people, tags=tags, emojis=pictures)
