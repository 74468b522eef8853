"""Compare answers that nodes gave in tests with a published OpenAPI description of Mastodon's API.

Usage: python tools/compare_answers.py DESCRIPTION ANSWERS. ANSWERS is what `tests/kit/response_log.py`
recorded. Every answer to a described operation must have the described shape of its status; an error that
is not described must have the shape `Error`. Fails if an answer differs, and prints up to a hundred
differences; also fails if nothing was compared.
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

# Operation and place in the answer where the description is wrong, and Mastodon and its documentation agree
# with us; and why.
ERRATA: dict[tuple[str, str], str] = {}

# The description has the entities for moderators, but no paths that answer with them: method, path, entity.
ADMIN_OPERATIONS = """
GET v1 accounts [AdminAccount]
GET v2 accounts [AdminAccount]
GET v1 accounts/{id} AdminAccount
DELETE v1 accounts/{id} AdminAccount
POST v1 accounts/{id}/approve AdminAccount
POST v1 accounts/{id}/reject AdminAccount
POST v1 accounts/{id}/enable AdminAccount
POST v1 accounts/{id}/unsensitive AdminAccount
POST v1 accounts/{id}/unsilence AdminAccount
POST v1 accounts/{id}/unsuspend AdminAccount
GET v1 reports [AdminReport]
GET v1 reports/{id} AdminReport
PUT v1 reports/{id} AdminReport
POST v1 reports/{id}/assign_to_self AdminReport
POST v1 reports/{id}/unassign AdminReport
POST v1 reports/{id}/resolve AdminReport
POST v1 reports/{id}/reopen AdminReport
GET v1 domain_blocks [AdminDomainBlock]
POST v1 domain_blocks AdminDomainBlock
GET v1 domain_blocks/{id} AdminDomainBlock
PUT v1 domain_blocks/{id} AdminDomainBlock
GET v1 domain_allows [AdminDomainAllow]
POST v1 domain_allows AdminDomainAllow
GET v1 domain_allows/{id} AdminDomainAllow
GET v1 email_domain_blocks [AdminEmailDomainBlock]
POST v1 email_domain_blocks AdminEmailDomainBlock
GET v1 email_domain_blocks/{id} AdminEmailDomainBlock
GET v1 canonical_email_blocks [AdminCanonicalEmailBlock]
POST v1 canonical_email_blocks AdminCanonicalEmailBlock
POST v1 canonical_email_blocks/test [AdminCanonicalEmailBlock]
GET v1 canonical_email_blocks/{id} AdminCanonicalEmailBlock
GET v1 ip_blocks [AdminIpBlock]
POST v1 ip_blocks AdminIpBlock
GET v1 ip_blocks/{id} AdminIpBlock
PUT v1 ip_blocks/{id} AdminIpBlock
POST v1 measures [AdminMeasure]
POST v1 dimensions [AdminDimension]
POST v1 retention [AdminCohort]
GET v1 tags [AdminTag]
GET v1 tags/{id} AdminTag
PUT v1 tags/{id} AdminTag
GET v1 trends/tags [AdminTag]
GET v1 trends/statuses [Status]
GET v1 trends/links [TrendsLink]
POST v1 trends/tags/{id}/approve AdminTag
POST v1 trends/statuses/{id}/approve Status
POST v1 trends/links/{id}/approve TrendsLink
"""


def add_admin_paths(document: dict[str, Any]) -> dict[str, Any]:
    """Return the description with the paths for moderators in it."""
    for line in ADMIN_OPERATIONS.strip().splitlines():
        method, version, path, entity = line.split()
        one = {"$ref": f"#/components/schemas/{entity.strip('[]')}"}
        schema = {"type": "array", "items": one} if entity.startswith("[") else one
        operations = document["paths"].setdefault(f"/api/{version}/admin/{path}", {})
        shape = {"content": {"application/json": {"schema": schema}}}
        operations.setdefault(method.lower(), {"responses": {"200": shape}})
    return document


def allow_both_quotes(document: dict[str, Any]) -> dict[str, Any]:
    """Return the description with quotes that an entity can have.

    It demands one of a quote and a shallow quote. Both need nothing but a state, so every quote is both.
    """
    for entity in ("Status", "StatusEdit"):
        quote = document["components"]["schemas"][entity]["properties"]["quote"]
        quote["anyOf"] = quote.pop("oneOf")
    return document


def fix_lists(document: dict[str, Any]) -> dict[str, Any]:
    """Return the description with a list where its text says so, and its schema has one entity."""
    answer = document["paths"]["/api/v1/filters"]["get"]["responses"]["200"]["content"]["application/json"]
    answer["schema"] = {"type": "array", "items": answer["schema"]}
    return document


def allow_any_field(document: dict[str, Any]) -> dict[str, Any]:
    """Return the description with errors of any field of a collection, where it has an example: `name`."""
    details = document["components"]["schemas"]["CustomError422"]["properties"]["error"]["properties"][
        "details"
    ]
    details["additionalProperties"] = details.pop("properties")["name"]
    del details["required"]
    return document


class Description:
    """The operations of an OpenAPI document, found by method and path."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self._shapes = {_strip_parameter_names(path): path for path in document["paths"]}
        self._validators: dict[tuple[str, str, int], jsonschema.Draft202012Validator | None] = {}

    def find_path(self, route: str) -> str | None:
        """Return the described path of a route, whatever each calls its parameters."""
        return self._shapes.get(_strip_parameter_names(route))

    def load_validator(self, method: str, path: str, status: int) -> jsonschema.Draft202012Validator | None:
        """Return the validator of an answer, None if the operation or its shape is not described."""
        key = (method, path, status)
        if key not in self._validators:
            schema = self._find_schema(method, path, status)
            self._validators[key] = schema and jsonschema.Draft202012Validator(
                {**schema, "components": self._document["components"]}
            )
        return self._validators[key]

    def _find_schema(self, method: str, path: str, status: int) -> dict[str, Any] | None:
        operation = self._document["paths"][path].get(method.lower())
        if operation is None:
            return None
        described = operation["responses"].get(str(status))
        if described is None:
            return {"$ref": "#/components/schemas/Error"} if status >= 400 else None
        content = described.get("content", {}).get("application/json", {})
        schema: dict[str, Any] | None = content.get("schema")
        return schema


def _strip_parameter_names(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


def list_differences(description: Description, answers: Path) -> Iterator[tuple[str, str]]:
    """Yield for each answer its operation, and what is wrong with it ('' if nothing is)."""
    with answers.open("rb") as lines:
        for line in lines:
            answer = msgspec.json.decode(line)
            path = description.find_path(answer["route"])
            validator = path and description.load_validator(answer["method"], path, answer["status"])
            if not validator:
                continue
            operation = f"{answer['method']} {path}"
            error = jsonschema.exceptions.best_match(validator.iter_errors(answer["body"]))
            place = re.sub(r"\d+", "0", "/".join(map(str, error.absolute_path))) if error else ""
            wrong = f"{answer['status']} at '{place}': {error.message[:200]}" if error else ""
            yield operation, "" if (operation, place) in ERRATA else wrong


def main() -> int:
    """Print the comparison; return 1 if an answer differs or nothing was compared."""
    document = msgspec.json.decode(Path(sys.argv[1]).read_bytes())
    description = Description(allow_any_field(fix_lists(allow_both_quotes(add_admin_paths(document)))))
    seen: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for operation, difference in list_differences(description, Path(sys.argv[2])):
        seen[operation] += 1
        if difference:
            wrong[f"{operation} {difference}"] += 1
    print(f"{seen.total()} answers of {len(seen)} operations compared, {wrong.total()} differ")
    for difference, times in wrong.most_common(100):
        print(f"  {times} x {difference}")
    return 1 if wrong or not seen else 0


if __name__ == "__main__":
    sys.exit(main())
