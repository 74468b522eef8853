"""Typed parameters from the query and the body: a form, multipart or JSON.

One struct declares what an endpoint takes. Clients write values in different ways, so they are coerced to the
types of the struct before they are checked: `"0"`, `f`, `off` are false and other words true, digits in
strings are numbers, one value in the place of a list is a list of one, empty and null mean absent. Unknown
names are ignored (docs.joinmastodon.org/client/intro).

Every text and list has a length: MAX_TEXT and MAX_ITEMS, or what its declaration says (`endpoint.LongText`).
Most have narrower limits in the domain; these hold without exception.
"""

from __future__ import annotations

import codecs
from functools import cache
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import msgspec
from aiohttp import BodyPartReader, hdrs, web
from aiohttp.http import HttpProcessingError
from msgspec import inspect as shape

from fedserver.domain.kernel.errors import InvalidError
from fedserver.text.characters import remove_controls
from fedserver.web.rails_params import MAX_FIELDS, nest
from fedserver.web.uploads import Upload, Uploads, read_text
from storage.engine import MAX_ID

P = TypeVar("P", bound=msgspec.Struct)

FALSE_VALUES = frozenset({"0", "f", "F", "false", "FALSE", "False", "off", "OFF", "Off"})
MAX_JSON_BYTES = 1_048_576  # room for the longest article, which may be escaped
MAX_PARTS = 500
UNTOLD_TYPES = frozenset({"application/octet-stream", "text/plain"})  # what is written where nothing is known
MAX_DIGITS = 20  # of a number of 64 bits, with its sign
MAX_TEXT = 50_000  # characters of a text that declares no length of its own
MAX_ITEMS = 2_000  # of a list or group; a form cannot have more fields either
# Browsers and clients write UTF-8, old ones Latin-1. Some of Python's other codecs take quadratic time, or
# raise errors of their own.
FORM_CODECS = frozenset({"utf-8", "ascii", "iso8859-1", "cp1252"})
_ABSENT: Any = object()
# The texts of a multipart body, which can be read once.
_TEXT_PARTS: web.RequestKey[list[tuple[str, str]]] = web.RequestKey("text_parts", list)


async def read_params(request: web.Request, into: type[P], uploads: Uploads) -> P:
    """Return the parameters of `request` as an `into`. Raises InvalidError with the name of the field."""
    values = nest(request.query.items()) if request.query_string else {}
    if request.body_exists and request.can_read_body:
        try:
            values.update(await _read_body(request, uploads))
        except ConnectionError as error:
            raise InvalidError("body", "broke off") from error
    return convert(values, into)


async def _read_body(request: web.Request, uploads: Uploads) -> dict[str, Any]:
    content_type = request.content_type
    if content_type == "multipart/form-data":
        pairs = await _read_multipart(request, uploads)
        request[_TEXT_PARTS] = [(name, value) for name, value in pairs if isinstance(value, str)]
        return nest(pairs)
    data = await request.read()
    if content_type == "application/json" or content_type.endswith("+json"):
        return _parse_json(data)
    if content_type == "application/x-www-form-urlencoded":
        if _find_codec(request.charset or "utf-8") not in FORM_CODECS:
            raise InvalidError("body", "names an encoding that forms do not have here")
        try:
            form = await request.post()
        except UnicodeError as error:
            raise InvalidError("body", "is not text in the encoding that it names") from error
        return nest((name, value) for name, value in form.items() if isinstance(value, str))
    if hdrs.CONTENT_TYPE not in request.headers or content_type in UNTOLD_TYPES:
        return _parse_untyped(data)
    return {}


async def read_form_fields(request: web.Request) -> list[tuple[str, str]]:
    """Return the texts of a form in their order, also if its parameters were read already.

    The files in it are skipped. Raises InvalidError for a body that is no form, or beyond the limits.
    """
    if _TEXT_PARTS in request:
        return request[_TEXT_PARTS]
    if not request.body_exists:
        return []
    if request.content_type == "multipart/form-data":
        pairs = await _read_multipart(request, None)
        return [(name, remove_controls(value)) for name, value in pairs if isinstance(value, str)]
    if request.content_type != "application/x-www-form-urlencoded":
        raise InvalidError("body", "is not a form")
    form = await request.post()
    return [(name, remove_controls(value)) for name, value in form.items() if isinstance(value, str)]


def _find_codec(charset: str) -> str:
    """Return the name of the codec for a charset, which has many spellings; '' for an unknown one."""
    try:
        return codecs.lookup(charset).name
    except (LookupError, ValueError):
        return ""


def _parse_untyped(data: bytes) -> dict[str, Any]:
    """Return the values of a body without a type, as some clients send: JSON, or a form in one line.

    Anything else has no values.
    """
    text = data.strip()
    if text[:1] in (b"{", b"["):
        return _parse_json(text)
    if not text or not text.isascii() or b"\n" in text or b"=" not in text:
        return {}
    try:
        # The rules of WHATWG URL §5.1, as for a form with its type.
        return nest(parse_qsl(text.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS))
    except ValueError as error:
        raise InvalidError("body", f"has more than {MAX_FIELDS} fields") from error


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


async def _read_multipart(request: web.Request, uploads: Uploads | None) -> list[tuple[str, Any]]:
    """Return the parts. Those that are not files have at most MAX_JSON_BYTES together.

    Without `uploads` files are skipped, and the reading ends where they are longer than that together.
    """
    pairs: list[tuple[str, Any]] = []
    bytes_left, skipped_bytes = MAX_JSON_BYTES, 0
    try:
        reader = await request.multipart()
        count = 0
        async for part in reader:
            count += 1
            if not isinstance(part, BodyPartReader):
                raise InvalidError("body", "nests one multipart body in another")
            if part.filename is not None and uploads is None:
                skipped_bytes += await _skip(part, MAX_JSON_BYTES - skipped_bytes)
                if skipped_bytes > MAX_JSON_BYTES:
                    break
            elif part.filename is not None and uploads is not None:
                pairs.append((part.name or "", await uploads.read(part)))
            else:
                pairs.append((part.name or "", await read_text(part, bytes_left)))
                bytes_left -= len(pairs[-1][1])
            if count > MAX_PARTS:
                raise InvalidError("body", f"has more than {MAX_PARTS} parts")
    except (ValueError, AssertionError, LookupError, HttpProcessingError) as error:
        raise InvalidError("body", "is not valid multipart data") from error
    return pairs


async def _skip(part: BodyPartReader, max_bytes: int) -> int:
    """Read a part that nobody wants, and a little more than `max_bytes` at most; return how much."""
    size = 0
    while size <= max_bytes and (chunk := await part.read_chunk()):
        size += len(chunk)
    return size


def convert(values: dict[str, Any], into: type[P]) -> P:
    """Coerce and check `values`. Raises InvalidError with the name of the field."""
    coerced = _coerce(_type_info(into), values, "body")
    try:
        return msgspec.convert(coerced, into, strict=False)
    except msgspec.ValidationError as error:
        field, why = _explain(str(error))
        raise InvalidError(field, why) from error


def _explain(message: str) -> tuple[str, str]:
    """Return the field and the reason in a message of msgspec."""
    why, _, location = message.partition(" - at `$")
    field = location.strip("`").lstrip(".") or "body"
    if "missing required field" in why:
        return why.split("`")[1], "can't be blank"
    return field, f"is invalid ({why[:1].lower()}{why[1:]})"


@cache
def _type_info(into: type[Any]) -> shape.Type:
    return shape.type_info(into)


def _coerce(target: shape.Type, value: Any, field: str) -> Any:
    match target:
        case shape.UnionType(types=types):
            options = [option for option in types if not isinstance(option, shape.NoneType)]
            return _coerce(options[0], value, field) if len(options) == 1 else _check_sizes(value, field)
        case shape.StructType(cls=cls, fields=fields):
            return value if cls is Upload else _coerce_struct(fields, value)
        case shape.ListType(item_type=item) | shape.VarTupleType(item_type=item):
            return _coerce_list(item, value, field)
        case shape.BoolType():
            return str(value) not in FALSE_VALUES if isinstance(value, str | int) else value
        case shape.StrType(max_length=max_length):
            return _check_length(_coerce_text(value), field, max_length or MAX_TEXT)
        case shape.IntType():
            return _coerce_number(value, field)
        case _:
            return _check_sizes(value, field)


def _check_length(value: Any, field: str, max_length: int) -> Any:
    """Return a text. Raises InvalidError if it is too long."""
    # guard: the length of texts in a request
    if isinstance(value, str) and len(value) > max_length:
        raise InvalidError(field, f"is too long (maximum is {max_length} characters)", "ERR_TOO_LONG")
    return value


def _check_items(value: Any, field: str) -> None:
    if isinstance(value, list | dict) and len(value) > MAX_ITEMS:
        raise InvalidError(field, f"has too many items (maximum is {MAX_ITEMS})", "ERR_TOO_LONG")


def _check_sizes(value: Any, field: str) -> Any:
    """Return a value whose type is not declared. Raises InvalidError if a part of it is too long."""
    _check_items(value, field)
    if isinstance(value, list):
        return [_check_sizes(item, field) for item in value]
    if isinstance(value, dict):
        return {
            _check_length(name, field, MAX_TEXT): _check_sizes(item, field) for name, item in value.items()
        }
    return _check_length(value, field, MAX_TEXT)


def _coerce_number(value: Any, field: str) -> Any:
    """Return a number of at most 64 bits, as columns hold no larger one. Raises InvalidError."""
    if isinstance(value, str):
        digits = value.lstrip("-")
        is_too_large = len(value) > MAX_DIGITS or (digits.isdecimal() and int(digits) > MAX_ID)
    else:
        is_too_large = isinstance(value, int | float) and abs(value) > MAX_ID
    if is_too_large:
        raise InvalidError(field, "is too large a number")
    return value


def _coerce_text(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return remove_controls(value) if isinstance(value, str) else value


def _coerce_list(item: shape.Type, value: Any, field: str) -> Any:
    _check_items(value, field)
    values = value if isinstance(value, list) else [value]
    if isinstance(value, dict) and isinstance(item, shape.StructType):
        # A group by index, as Rails writes lists of groups.
        names = {field_type.encode_name for field_type in item.fields}
        values = [value] if names & set(value) else list(value.values())
    # Empty means absent, as for fields: a form sends a list of files or numbers with nothing in it that way.
    absent = (None,) if _accepts_text(item) else (None, "")
    return [_coerce(item, element, field) for element in values if element not in absent]


def _coerce_struct(fields: tuple[shape.Field, ...], value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    coerced = {}
    for field in fields:
        field_value = value.get(field.encode_name, _ABSENT)
        if field_value is _ABSENT or field_value is None:
            continue
        if field_value == "" and not _accepts_text(field.type):
            continue
        coerced[field.encode_name] = _coerce(field.type, field_value, field.encode_name)
    return coerced


def _accepts_text(target: shape.Type) -> bool:
    if isinstance(target, shape.UnionType):
        return any(_accepts_text(option) for option in target.types)
    return isinstance(target, shape.StrType)
