"""Typed parameters from whatever a client sent: query, form, multipart or JSON.

One struct says what an endpoint takes. Clients disagree on how to write it, so values are bent
towards the struct before it is checked: `"0"`, `f`, `off` are false and other words true, digits
in strings are numbers, one value where a list is wanted is a list of one, empty and null mean absent.
Unknown names are ignored (docs.joinmastodon.org/client/intro).
"""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar

import msgspec
from aiohttp import BodyPartReader, web
from aiohttp.http import HttpProcessingError
from msgspec import inspect as shape

from fedserver.domain.kernel.errors import InvalidError
from fedserver.web.rails_params import nest
from fedserver.web.uploads import Upload, Uploads, read_text
from storage.paging import MAX_ID

P = TypeVar("P", bound=msgspec.Struct)

FALSE_VALUES = frozenset({"0", "f", "F", "false", "FALSE", "False", "off", "OFF", "Off"})
MAX_JSON_BYTES = 1_048_576
MAX_DIGITS = 20  # of a number of 64 bits, with its sign
_ABSENT: Any = object()


async def read_params(request: web.Request, into: type[P], uploads: Uploads) -> P:
    """The parameters of `request` as an `into`. Raises Invalid naming the field."""
    values = nest(request.query.items()) if request.query_string else {}
    if request.body_exists and request.can_read_body:
        try:
            values.update(await _read_body(request, uploads))
        except ConnectionError as error:
            raise InvalidError("body", "broke off") from error
    return convert(values, into)


async def _read_body(request: web.Request, uploads: Uploads) -> dict[str, Any]:
    kind = request.content_type
    if kind == "multipart/form-data":
        return nest(await _read_multipart(request, uploads))
    data = await request.read()
    if kind == "application/json" or kind.endswith("+json"):
        return _parse_json(data)
    if kind == "application/x-www-form-urlencoded":
        try:
            form = await request.post()
        except (UnicodeDecodeError, LookupError) as error:
            raise InvalidError("body", "is not text in the encoding that it names") from error
        return nest((name, value) for name, value in form.items() if isinstance(value, str))
    # Some clients name no type, or text/plain; JSON is then the only thing it can be.
    return _parse_json(data) if data[:1] == b"{" else {}


def _parse_json(data: bytes) -> dict[str, Any]:
    if not data.strip():
        return {}
    try:
        value = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise InvalidError("body", "is not valid JSON") from error
    if not isinstance(value, dict):
        raise InvalidError("body", "is not a JSON object")
    return value


async def _read_multipart(request: web.Request, uploads: Uploads) -> list[tuple[str, Any]]:
    """The parts. What is not in files is at most MAX_JSON characters, all together."""
    found: list[tuple[str, Any]] = []
    room = MAX_JSON_BYTES
    try:
        reader = await request.multipart()
        async for part in reader:
            if not isinstance(part, BodyPartReader):
                raise InvalidError("body", "nests one multipart body in another")
            if part.filename is not None:
                found.append((part.name or "", await uploads.read(part)))
            else:
                found.append((part.name or "", await read_text(part, room)))
                room -= len(found[-1][1])
            if len(found) > 500:
                raise InvalidError("body", "has more than 500 parts")
    except (ValueError, AssertionError, LookupError, HttpProcessingError) as error:
        raise InvalidError("body", "is not valid multipart data") from error
    return found


def convert(values: dict[str, Any], into: type[P]) -> P:
    """Bend and check `values`. Raises Invalid naming the field."""
    bent = _coerce(_type_info(into), values, "body")
    try:
        return msgspec.convert(bent, into, strict=False)
    except msgspec.ValidationError as error:
        field, why = _explain(str(error))
        raise InvalidError(field, why) from error


def _explain(message: str) -> tuple[str, str]:
    why, _, place = message.partition(" - at `$")
    field = place.strip("`").lstrip(".") or "body"
    if "missing required field" in why:
        return why.split("`")[1], "can't be blank"
    return field, f"is invalid ({why[:1].lower()}{why[1:]})"


@cache
def _type_info(into: type[Any]) -> shape.Type:
    return shape.type_info(into)


def _coerce(wanted: shape.Type, value: Any, field: str) -> Any:
    match wanted:
        case shape.UnionType(types=types):
            rest = [each for each in types if not isinstance(each, shape.NoneType)]
            return _coerce(rest[0], value, field) if len(rest) == 1 else value
        case shape.StructType(cls=cls, fields=fields):
            return value if cls is Upload else _coerce_struct(fields, value)
        case shape.ListType(item_type=item) | shape.VarTupleType(item_type=item):
            return _coerce_list(item, value, field)
        case shape.BoolType():
            return str(value) not in FALSE_VALUES if isinstance(value, str | int) else value
        case shape.StrType():
            return _coerce_text(value)
        case shape.IntType():
            return _coerce_number(value, field)
        case _:
            return value


def _coerce_number(value: Any, field: str) -> Any:
    """A number of at most 64 bits, as columns hold no larger one. Raises Invalid."""
    if isinstance(value, str):
        digits = value.lstrip("-")
        large = len(value) > MAX_DIGITS or (digits.isdecimal() and int(digits) > MAX_ID)
    else:
        large = isinstance(value, int | float) and abs(value) > MAX_ID
    if large:
        raise InvalidError(field, "is too large a number")
    return value


def _coerce_text(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return value.replace("\0", "") if isinstance(value, str) else value


def _coerce_list(item: shape.Type, value: Any, field: str) -> Any:
    values = value if isinstance(value, list) else [value]
    if isinstance(value, dict) and isinstance(item, shape.StructType):
        # A group whose names do not matter, as Rails writes lists of groups.
        named = {each.encode_name for each in item.fields}
        values = [value] if named & set(value) else list(value.values())
    return [_coerce(item, each, field) for each in values if each is not None]


def _coerce_struct(fields: tuple[shape.Field, ...], value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    bent = {}
    for field in fields:
        given = value.get(field.encode_name, _ABSENT)
        if given is _ABSENT or given is None:
            continue
        if given == "" and not _accepts_text(field.type):
            continue
        bent[field.encode_name] = _coerce(field.type, given, field.encode_name)
    return bent


def _accepts_text(wanted: shape.Type) -> bool:
    if isinstance(wanted, shape.UnionType):
        return any(_accepts_text(each) for each in wanted.types)
    return isinstance(wanted, shape.StrType)
