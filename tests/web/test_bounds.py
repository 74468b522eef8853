"""Every text that an endpoint declares has a length; longer ones are refused with a reason."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec import Struct
from msgspec import inspect as shape

from fedserver.domain.kernel.errors import InvalidError
from fedserver.node import list_endpoints
from fedserver.web.endpoint import MAX_LONG_TEXT
from fedserver.web.fields import MAX_ITEMS, convert
from fedserver.web.uploads import Upload
from tests.kit.api import Api
from tests.kit.nodes import Start

TOO_LONG = "x" * (MAX_LONG_TEXT + 1)


def list_params() -> set[type[Struct]]:
    return {endpoint.params for endpoint in list_endpoints()}


def fill(kind: shape.Type, name: str) -> Iterator[tuple[str, Any]]:
    """Yield each way to put a text that is too long, or a list with too many items, into a value."""
    match kind:
        case shape.StrType():
            yield name, TOO_LONG
        case shape.AnyType():
            for value in (TOO_LONG, [TOO_LONG], {"a": [TOO_LONG]}, {TOO_LONG: 1}, ["x"] * (MAX_ITEMS + 1)):
                yield name, value
        case shape.UnionType(types=types):
            for option in types:
                yield from fill(option, name)
        case shape.ListType(item_type=item) | shape.VarTupleType(item_type=item):
            yield from ((field, [value]) for field, value in fill(item, name))
            yield name, ["1"] * (MAX_ITEMS + 1)
        case shape.DictType(value_type=item):
            yield from ((field, {"a": value}) for field, value in fill(item, name))
        case shape.StructType(cls=cls, fields=fields):
            if cls is not Upload:
                for field in fields:
                    for found, value in fill(field.type, field.encode_name):
                        yield found, {field.encode_name: value}


def test_every_declared_text_has_a_length() -> None:
    tried = 0
    for params in list_params():
        for field, value in fill(shape.type_info(params), "body"):
            with pytest.raises(InvalidError) as refused:
                convert(value, params)
            assert refused.value.code == "ERR_TOO_LONG", (params, field)
            assert refused.value.field == field, params
            tried += 1
    assert tried > 300


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        (
            "website",
            "https://x.example/" + "x" * 1_000_000,
            "Website is too long (maximum is 50000 characters)",
        ),
        ("website", "https://x.example/" + "x" * 2_000, "Website is too long (maximum is 2000 characters)"),
        ("client_name", "x" * 61, "Client name is too long (maximum is 60 characters)"),
        ("redirect_uris", "a://" + "x" * 100_000, "Redirect uris is too long (maximum is 50000 characters)"),
        ("redirect_uris", ["a://b"] * 3_000, "Redirect uris has too many items (maximum is 2000)"),
        ("scopes", "read " * 20_000, "Scopes is too long (maximum is 50000 characters)"),
    ],
)
async def test_app_with_a_text_too_long_is_refused(start: Start, name: str, value: Any, error: str) -> None:
    node = await start("alpha.test")
    app = {"client_name": "App", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob", name: value}
    answer = await Api(node).request("POST", "/api/v1/apps", json=app)
    assert answer.status == 422
    assert answer.body["error"] == f"Validation failed: {error}"
    assert answer.body["details"][name][0]["error"] == "ERR_TOO_LONG"
