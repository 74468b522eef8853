"""Compares answers that nodes gave in tests with a published OpenAPI description of Mastodon's API.

Usage: python tools/compare_answers.py DESCRIPTION ANSWERS. ANSWERS is what `tests/kit/answers.py` kept. Every
answer to a described operation must have the described shape of its status; an error that is not described
must have the shape `Error`. Fails, with up to a hundred differences, or if nothing was compared.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import msgspec

METHODS = ("get", "post", "put", "patch", "delete")
# Where the description errs, and Mastodon itself and its documentation agree with us: operation, place in the
# answer, why.
ERRATA: dict[tuple[str, str], str] = {}


def with_quotes(document: dict[str, Any]) -> dict[str, Any]:
    """The description with quotes that an entity can have: one of a quote and a shallow one, which both need
    nothing but a state, is asked for, so that every quote is both."""
    for entity in ("Status", "StatusEdit"):
        quote = document["components"]["schemas"][entity]["properties"]["quote"]
        quote["anyOf"] = quote.pop("oneOf")
    return document


class Description:
    """The operations of an OpenAPI document, found by method and path."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self._paths = sorted(document["paths"], key=lambda path: path.count("{"))
        self._patterns = [(re.compile(re.sub(r"\{[^}]*\}", "[^/]+", path)), path) for path in self._paths]
        self._validators: dict[tuple[str, str, int], jsonschema.Draft202012Validator | None] = {}

    def path_of(self, path: str) -> str | None:
        """The described path that an address belongs to; fixed words win over parameters."""
        return next((found for pattern, found in self._patterns if pattern.fullmatch(path)), None)

    def validator(self, method: str, path: str, status: int) -> jsonschema.Draft202012Validator | None:
        """What an answer must pass; None if the operation or its shape is not described."""
        key = (method, path, status)
        if key not in self._validators:
            schema = self._schema(method, path, status)
            self._validators[key] = schema and jsonschema.Draft202012Validator(
                {**schema, "components": self._document["components"]}
            )
        return self._validators[key]

    def _schema(self, method: str, path: str, status: int) -> dict[str, Any] | None:
        operation = self._document["paths"][path].get(method.lower())
        if operation is None:
            return None
        described = operation["responses"].get(str(status))
        if described is None:
            return {"$ref": "#/components/schemas/Error"} if status >= 400 else None
        content = described.get("content", {}).get("application/json", {})
        schema: dict[str, Any] | None = content.get("schema")
        return schema


def differences(description: Description, answers: Path) -> Iterator[tuple[str, str]]:
    """One item for each answer: its operation, and what is wrong with it (empty if nothing is)."""
    with answers.open("rb") as lines:
        for line in lines:
            answer = msgspec.json.decode(line)
            path = description.path_of(answer["path"])
            validator = path and description.validator(answer["method"], path, answer["status"])
            if not validator:
                continue
            operation = f"{answer['method']} {path}"
            error = jsonschema.exceptions.best_match(validator.iter_errors(answer["body"]))
            place = re.sub(r"\d+", "0", "/".join(map(str, error.absolute_path))) if error else ""
            wrong = f"{answer['status']} at '{place}': {error.message[:200]}" if error else ""
            yield operation, "" if (operation, place) in ERRATA else wrong


def main() -> int:
    description = Description(with_quotes(msgspec.json.decode(Path(sys.argv[1]).read_bytes())))
    seen: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for operation, difference in differences(description, Path(sys.argv[2])):
        seen[operation] += 1
        if difference:
            wrong[f"{operation} {difference}"] += 1
    print(f"{seen.total()} answers of {len(seen)} operations compared, {wrong.total()} differ")
    for difference, times in wrong.most_common(100):
        print(f"  {times} x {difference}")
    return 1 if wrong or not seen else 0


if __name__ == "__main__":
    sys.exit(main())
