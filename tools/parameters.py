"""Which documented parameters of the client API its endpoints read.

A parameter is read if it is declared and the handler, or what it calls on its floor, uses it: a field that is
declared and never used is as good as none.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import msgspec

from fedserver.node import list_endpoints
from fedserver.web.endpoint import Endpoint

TABLE = Path("tests/client_api/documented_parameters.txt")
FLOORS = ("fedserver.client_api", "fedserver.oauth")
PAGE_NAMES = {"limit", "max_id", "since_id", "min_id"}  # what `call.page()` reads
METHODS = ("get", "post", "put", "patch", "delete")
# By parameter, and by endpoint where it is unread there only.
DELIBERATELY_UNREAD = {
    "supported_types": "every type that we send is one that Mastodon 4.3 has; there is no fallback to give",
    "date_of_birth": "no minimum age is configured, so none is asked and none is stored",
    "collection_ids": "a report names the account and its posts; moderators see its collections from there",
    "warning_preset_id": "there are no presets of warnings",
    "GET /oauth/authorize lang": "the language is that of the member, else of the browser",
    "GET /oauth/authorize state": "the page takes it from the parameters as a whole",
    "GET /api/oembed maxheight": "what we give has no height of its own: it is as high as its text",
    "GET /api/v1/accounts/relationships with_suspended": "suspended accounts always have a relationship here",
}

Documented = Mapping[tuple[str, str], Iterable[str]]


def strip_parameter_names(path: str) -> str:
    """Return a path without the names of its parameters."""
    return re.sub(r"\{[^}]*\}", "{}", path).rstrip("/")


def load_table(path: Path) -> dict[tuple[str, str], list[str]]:
    """Return the names of parameters in a table with a line for each operation."""
    rows = (line.split() for line in path.read_text().splitlines() if line and not line.startswith("#"))
    return {(row[0], row[1]): row[2:] for row in rows}


def read_description(document: dict[str, Any]) -> dict[tuple[str, str], list[str]]:
    """Return the names of parameters in an OpenAPI document: those of queries and of bodies."""
    documented = {}
    for path, operations in document["paths"].items():
        for method in METHODS:
            operation = operations.get(method)
            if operation is None:
                continue
            parameters = [_resolve(document, item) for item in operation.get("parameters", ())]
            names = {item["name"] for item in parameters if item["in"] == "query"}
            body = _resolve(document, operation.get("requestBody", {}))
            for content in body.get("content", {}).values():
                names |= _list_properties(document, content["schema"])
            documented[method.upper(), strip_parameter_names(path)] = sorted(
                name.removesuffix("[]") for name in names
            )
    return documented


def _resolve(document: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in value:
        target: Any = document
        for part in value["$ref"].split("/")[1:]:
            target = target[part]
        value = target
    return value


def _list_properties(document: dict[str, Any], schema: dict[str, Any]) -> set[str]:
    schema = _resolve(document, schema)
    names = set(schema.get("properties", ()))
    for group in ("oneOf", "anyOf", "allOf"):
        for part in schema.get(group, ()):
            names |= _list_properties(document, part)
    return names


def list_unread(documented: Documented) -> list[str]:
    """Return `METHOD PATH NAME` of every parameter that is documented, and neither read nor excused."""
    endpoints = {
        (endpoint.method, strip_parameter_names(endpoint.path)): endpoint for endpoint in list_endpoints()
    }
    return [
        f"{method} {path} {name}"
        for (method, path), names in sorted(documented.items())
        if (method, path) in endpoints
        for name in _list_unread_names(endpoints[method, path], names)
        if name not in DELIBERATELY_UNREAD and f"{method} {path} {name}" not in DELIBERATELY_UNREAD
    ]


def list_stale_excuses(documented: Documented) -> list[str]:
    """Return what is excused and not documented at all."""
    known = {
        word
        for (method, path), names in documented.items()
        for name in names
        for word in (name, f"{method} {path} {name}")
    }
    return sorted(set(DELIBERATELY_UNREAD) - known)


def _list_unread_names(endpoint: Endpoint, names: Iterable[str]) -> list[str]:
    used = _list_used_attributes(endpoint.handler)
    fields = {field.encode_name: field.name for field in msgspec.structs.fields(endpoint.params)}
    # A handler that goes through the names of its fields reads them all.
    reads_all = not used.isdisjoint({"__struct_fields__", "asdict"})
    read = {name for name, attribute in fields.items() if reads_all or attribute in used}
    read |= PAGE_NAMES if "page" in used else set()
    read |= {"offset"} if "offset" in used else set()
    return [name for name in names if name not in read]


def _list_used_attributes(handler: Any) -> set[str]:
    """Return the attributes that a handler uses, and those of what it names on its floor."""
    seen: set[Any] = set()
    waiting, used = [handler], set()
    while waiting:
        current = waiting.pop()
        if current in seen:
            continue
        seen.add(current)
        names = vars(sys.modules[current.__module__])
        for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(current)))):
            if isinstance(node, ast.Attribute):
                used.add(node.attr)
            target = _find_target(node, names)
            if isinstance(target, FunctionType | type) and target.__module__.startswith(FLOORS):
                waiting.append(target)
    return used


def _find_target(node: ast.AST, names: Mapping[str, Any]) -> Any:
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        module = names.get(node.value.id)
        return getattr(module, node.attr, None) if isinstance(module, ModuleType) else None
    return None
