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
    """The reason why the server gave no usable answer."""


class TranslationResult(Struct, frozen=True):
    """Translated texts (HTML), and the language in which the server took the originals to be."""

    texts: tuple[str, ...]
    detected_language: str


class Translator:
    """A client of the translation server; the operator may allow it a private network of its own."""

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
        """Translate HTML and plain texts; all are returned as HTML, not sanitized. Raises TranslatorError."""
        texts = [*html, *(escape(text, quote=False) for text in plain)]
        positions = [position for position, text in enumerate(texts) if text.strip()]
        body = {
            "q": [texts[position] for position in positions],
            "source": source or "auto",
            "target": target,
            "format": "html",
            **({"api_key": self._key} if self._key else {}),
        }
        answer = await self._request("/translate", encode(body))
        translated = answer.get("translatedText") if isinstance(answer, dict) else None
        if not isinstance(translated, list) or [type(text) for text in translated] != [str] * len(positions):
            raise TranslatorError("the answer has not as many texts as were sent")
        for position, text in zip(positions, translated, strict=True):
            texts[position] = text
        return TranslationResult(tuple(texts), source or _read_detected_language(answer))

    async def fetch_languages(self) -> dict[str, list[str]]:
        """Return the source languages, each with its target languages. Raises TranslatorError."""
        answer = await self._request("/languages", None)
        if not isinstance(answer, list):
            raise TranslatorError("the answer is not a list of languages")
        targets_by_code = {}
        for language in (entry for entry in answer[:500] if isinstance(entry, dict)):
            code, targets = language.get("code"), language.get("targets")
            if isinstance(code, str) and isinstance(targets, list):
                targets_by_code[code] = [
                    other for other in targets if isinstance(other, str) and other != code
                ]
        return targets_by_code

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
    """Return the language that the server detected in the first text, '' if it named none."""
    detected = answer.get("detectedLanguage")
    detected = detected[0] if isinstance(detected, list) and detected else detected
    language = detected.get("language") if isinstance(detected, dict) else None
    return language[:10] if isinstance(language, str) else ""
