"""A translation server that speaks LibreTranslate's API (docs.libretranslate.com)."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import msgspec
from msgspec import Struct

from fedserver.config import TranslationConfig
from fedserver.net.client import Client
from fedserver.net.errors import NetError
from fedserver.net.guard import Guard

TIMEOUT_S = 30.0
PROVIDER = "LibreTranslate"
decode = msgspec.json.Decoder().decode
encode = msgspec.json.Encoder().encode


class TranslatorError(Exception):
    """The server did not answer, refused, or answered something else: why."""


class TranslationResult(Struct, frozen=True):
    """Texts (HTML) in another language, and the language that they were taken to be in."""

    texts: tuple[str, ...]
    detected_language: str


class Translator:
    """Asks one server. It may be in a private network that the operator names for it alone."""

    def __init__(self, config: TranslationConfig, *, user_agent: str, ca_file: str = "") -> None:
        self._base = config.url.rstrip("/")
        self._key = config.api_key
        guard = Guard(config.allow_networks, allow_http=self._base.startswith("http:"))
        self._client = Client(guard, user_agent=user_agent, ca_file=ca_file)

    async def close(self) -> None:
        await self._client.close()

    async def translate(
        self, html: Sequence[str], plain: Sequence[str], source: str | None, target: str
    ) -> TranslationResult:
        """Translate HTML and plain texts: all come back as HTML, not sanitized. Raises TranslatorError."""
        texts = [*html, *(escape(each, quote=False) for each in plain)]
        places = [place for place, text in enumerate(texts) if text.strip()]
        question = {
            "q": [texts[place] for place in places],
            "source": source or "auto",
            "target": target,
            "format": "html",
            **({"api_key": self._key} if self._key else {}),
        }
        answer = await self._request("/translate", encode(question))
        found = answer.get("translatedText") if isinstance(answer, dict) else None
        if not isinstance(found, list) or [type(each) for each in found] != [str] * len(places):
            raise TranslatorError("the answer has not as many texts as were sent")
        for place, text in zip(places, found, strict=True):
            texts[place] = text
        return TranslationResult(tuple(texts), source or _read_detected_language(answer))

    async def fetch_languages(self) -> dict[str, list[str]]:
        """Languages that can be translated, each with those into which. Raises TranslatorError."""
        answer = await self._request("/languages", None)
        if not isinstance(answer, list):
            raise TranslatorError("the answer is not a list of languages")
        found = {}
        for each in (each for each in answer[:500] if isinstance(each, dict)):
            code, targets = each.get("code"), each.get("targets")
            if isinstance(code, str) and isinstance(targets, list):
                found[code] = [other for other in targets if isinstance(other, str) and other != code]
        return found

    async def _request(self, path: str, body: bytes | None) -> Any:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        try:
            if body is None:
                response = await self._client.get(f"{self._base}{path}", accept="application/json")
            else:
                response = await self._client.post(
                    f"{self._base}{path}", body, headers, seconds=TIMEOUT_S, read_all=True
                )
            if response.status != 200:
                raise TranslatorError(f"{self._base}: status {response.status}")
            return decode(response.body)
        except (NetError, msgspec.DecodeError, RecursionError) as error:
            raise TranslatorError(f"{self._base}: {error}") from error


def _read_detected_language(answer: dict[str, Any]) -> str:
    """Return the language of the first text, where the server was left to detect it."""
    found = answer.get("detectedLanguage")
    found = found[0] if isinstance(found, list) and found else found
    language = found.get("language") if isinstance(found, dict) else None
    return language[:10] if isinstance(language, str) else ""
