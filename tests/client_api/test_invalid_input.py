"""Every endpoint that changes something is sent wrong values: it refuses them, and nothing has changed.

The endpoints come from their declarations; one without a row in `request_rows` fails here. PostgreSQL refuses
what SQLite takes (NUL, large numbers), so wrong values are sent to it.
"""

from __future__ import annotations

import io
import itertools
import json
import sqlite3
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from fedserver.domain.kernel.errors import InvalidError
from fedserver.node import list_endpoints
from fedserver.web.fields import MAX_JSON_BYTES, convert
from tests.client_api.request_rows import ROWS, list_endpoints_with_ids, list_writing_endpoints
from tests.client_api.request_world import RequestWorld
from tests.kit.api import Api, ApiAnswer
from tests.kit.nodes import Start

PARAMS = {f"{endpoint.method} {endpoint.path}": endpoint.params for endpoint in list_endpoints()}
HANDLERS = {f"{endpoint.method} {endpoint.path}": endpoint.handler for endpoint in list_endpoints()}
PAGES = {f"{entry.method} {entry.path}" for entry in list_endpoints() if entry.html}
NAMES = ("name", "tag")  # parts that are words, where nearly every word is one
ANY_YEAR = "GET /api/v1/annual_reports/{year}/state"  # of no year is there a report
# What a request that is sent again may add to, beside the log of moderation and the pending jobs.
LOGS = {"acts", "tasks"}
TWICE = {
    "POST /api/v1/accounts/delete": {"login_attempts"},
    "POST /api/v1/accounts/move": {"login_attempts"},
    "POST /api/v1/admin/accounts/{id}/action": {"notifications"},
    "POST /api/v1/apps": {"apps"},
    "POST /api/v1/collections": {"collections", "collection_items"},
    "POST /api/v1/filters": {"filters", "filter_keywords"},
    "POST /api/v1/lists": {"lists"},
    "POST /api/v1/reports": {"reports", "notifications"},
    "POST /api/v2/filters": {"filters", "filter_keywords"},
    "POST /api/v2/filters/{id}/keywords": {"filter_keywords"},
    "POST /oauth/token": {"tokens"},
    "PUT /api/v2/filters/{id}": {"filter_keywords"},
}
# A wrong password is remembered, whatever the answer.
COUNTED = {"POST /api/v1/accounts/delete", "POST /api/v1/accounts/move"}
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
LONG = "a" * 30_000
TEXTS = ("", LONG, "ａ../" * 300)
NUMBERS = (-1, 0, 1.5, 1e300, 2**63 - 1, 2**63, -(2**63), 10**30, "-1", "9" * 19, "9" * 5_000, "٣", True)
LISTS: tuple[Any, ...] = (
    [],
    {},
    ["x"],
    [None],
    [10**30],
    [-1],
    ["a\0b"],
    [[1]],
    [{}],
    [7] * 3_000,
    {"0": "a"},
)


def make_nested(levels: int) -> Any:
    value: Any = "x"
    for level in range(levels):
        value = [value] if level % 2 else {"a": value}
    return value


INVALID_VALUES = (*LISTS, make_nested(50), *NUMBERS, *TEXTS)
LONG_PART = b'--a\r\nContent-Disposition: form-data; name="a"\r\n\r\n%s\r\n' % (b"a" * 300_000)
BODIES = (
    (JSON, b""),
    (JSON, b"{"),
    (JSON, b'{"a": "\\ud800"}'),
    (JSON, b"\xff\xfe{}"),
    (JSON, b"[1, 2]"),
    (JSON, b"[" * 100_000),
    (JSON, b'{"id": ' + b"9" * 5_000 + b"}"),
    ("text/xml", b"<status>hello</status>"),
    ("text/plain", b"{nothing"),
    ("application/x-www-form-urlencoded; charset=nonsense", b"status=a"),
    (FORM, b"status=\xff\xfe&a[b=1&[]=2&[x][y]=3&=&&%"),
    (FORM, b"a[b][c][d][e][f][g]=1"),
    (FORM, b"status=a&status[b]=c&media_ids[][]=1&context[0][1]=2&poll=a&source=b"),
    ("multipart/form-data", b"nothing"),
    ("multipart/form-data; boundary=a", b"--a\r\n\r\n"),
    ("multipart/form-data; boundary=a", b'--a\r\nContent-Disposition: form-data; name="file"\r\n\r\nx'),
    ("multipart/form-data; boundary=a", LONG_PART * 4 + b"--a--"),
)
IDS = (
    "letters",
    "-1",
    "0",
    "9" * 19,
    "1" + "0" * 30,
    "%00",
    "a%00b",
    "..%2f..%2fetc",
    "%ff",
    "7" * 5_000,
    "٣",
)


class RequestWatch:
    """Sends requests and collects what is wrong with the answers.

    On SQLite it also sees whether a refused request has written anything.
    """

    def __init__(self, world: RequestWorld) -> None:
        self.world = world
        self.faults: list[str] = []
        url = world.node.site.config.database.url
        self.database = sqlite3.connect(url.partition(":")[2]) if url.startswith("sqlite") else None

    def data_version(self) -> int:
        return self.database.execute("PRAGMA data_version").fetchone()[0] if self.database else 0

    async def send(
        self, api: Api, request: str, what: str, parts: dict[str, str], **options: Any
    ) -> ApiAnswer:
        method, _, path = request.partition(" ")
        before = self.data_version()
        answer = await api.request(method, path.format(**parts), **options)
        problem = _find_problem(request, answer)
        if answer.status >= 400 and before != self.data_version() and request not in COUNTED:
            problem = problem or "refused, but something was written"
        if problem:
            self.faults.append(f"{request} {what[:90]}: {answer.status} {problem}")
        return answer

    def count_rows(self) -> dict[str, int]:
        """Return how many rows each table has."""
        assert self.database
        tables = [
            name for (name,) in self.database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        counts = " UNION ALL ".join(f"SELECT '{name}', count(*) FROM \"{name}\"" for name in tables)
        return dict(self.database.execute(counts).fetchall())

    def close(self) -> None:
        if self.database:
            self.database.close()
        assert not self.faults, f"{len(self.faults)} faults\n" + "\n".join(self.faults)


def _find_problem(request: str, answer: ApiAnswer) -> str:
    """Return what is wrong with an answer, '' if nothing is."""
    if answer.status >= 500:
        return str(answer.body)[:200]
    if answer.status < 400 or request in PAGES:
        return ""
    error = answer.body.get("error") if isinstance(answer.body, dict) else None
    error = error.get("error") if isinstance(error, dict) else error
    if not isinstance(error, str) or len(error) < 5 or "Traceback" in error:
        return f"says nothing: {str(answer.body)[:200]}"
    return "says too much" if len(error) > 500 else ""


async def start_watch(start: Start, **settings: Any) -> RequestWatch:
    return RequestWatch(await RequestWorld(await start("alpha.test", **settings)).set_up())


def test_request_rows_cover_every_endpoint_and_field() -> None:
    assert (list_writing_endpoints() | list_endpoints_with_ids()) ^ ROWS.keys() == set()
    for request in list_writing_endpoints():
        assert {entry_row.encode_name for entry_row in msgspec.structs.fields(PARAMS[request])} == ROWS[
            request
        ][1].keys()


def _list_places(body: Any, above: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield where a body has a field: its own, and those of what is in it."""
    for name, value in body.items():
        yield (*above, name)
        if isinstance(value, dict):
            yield from _list_places(value, (*above, name))
        if isinstance(value, list) and value and isinstance(value[0], dict):
            yield from _list_places(value[0], (*above, name, 0))


def _replace_at(body: Any, place: tuple[str | int, ...], value: Any) -> Any:
    """Return `body` with another value at one place."""
    changed = json.loads(json.dumps(body))
    inner = changed
    for entry_row in place[:-1]:
        inner = inner[entry_row]
    inner[place[-1]] = value
    return changed


def _read_params(request: str, body: Any) -> bytes:
    """Return what the endpoint reads in a body, b'' if it refuses the body while reading."""
    try:
        return msgspec.json.encode(convert(body, PARAMS[request]))
    except InvalidError as error:
        assert error.field, request
        assert len(error.text) < 500, (request, error.text)
        return b""


def _list_invalid_bodies(
    request: str, good: Any, place: tuple[str | int, ...], seen: set[bytes]
) -> Iterator[tuple[Any, Any]]:
    """Yield wrong values for a place, and the bodies with them that read differently from those `seen`."""
    is_text = b"letters" in _read_params(request, _replace_at(good, place, "letters"))
    for value in (*LISTS, make_nested(50), "a\0b", *TEXTS) if is_text else INVALID_VALUES:
        body = _replace_at(good, place, value)
        read = _read_params(request, body)
        if read not in seen:
            yield value, body
        seen.add(read)


@pytest.mark.parametrize("start", ["postgresql"], indirect=True)  # it minds types, SQLite does not
async def test_requests_with_wrong_values_are_refused_and_change_nothing(start: Start) -> None:
    watch = await start_watch(start)
    # Some endpoints are one under several names.
    requests = {HANDLERS[request]: request for request, (_, body) in ROWS.items() if body}
    for request in requests.values():
        kind, body = ROWS[request]
        api, parts, good = (
            watch.world.find_sender(request),
            await watch.world.create(kind),
            watch.world.fill_in(body),
        )
        seen = {_read_params(request, good)}
        for place in _list_places(body):
            for value, changed in _list_invalid_bodies(request, good, place, seen):
                await watch.send(api, request, f"{place} = {value!r}", parts, json=changed)
    watch.close()


@pytest.mark.parametrize("start", ["sqlite"], indirect=True)
async def test_requests_with_unreadable_bodies_are_refused_and_change_nothing(start: Start) -> None:
    watch = await start_watch(start)
    bodies = itertools.cycle(BODIES)  # all are read in one place: each endpoint gets the next few
    for request in sorted(list_writing_endpoints()):
        api, parts = watch.world.find_sender(request), await watch.world.create(ROWS[request][0])
        for content_type, data in (BODIES[0], *itertools.islice(bodies, 3)):
            headers = {"Content-Type": content_type}
            sent = io.BytesIO(data)
            answer = await watch.send(
                api, request, f"{content_type} {data!r}", parts, data=sent, headers=headers
            )
            if len(data) > MAX_JSON_BYTES and answer.status != 422:
                watch.faults.append(f"{request} {len(data)} bytes: {answer.status}")
    watch.close()


@pytest.mark.parametrize("start", ["postgresql"], indirect=True)
async def test_requests_with_wrong_ids_are_not_found(start: Start) -> None:
    watch = await start_watch(start)
    for request in sorted(list_endpoints_with_ids()):
        kind, body = ROWS[request]
        api, parts = watch.world.find_sender(request), await watch.world.create(kind)
        options = {} if request.startswith("GET") else {"json": watch.world.fill_in(body)}
        for name in (part for part in parts if f"{{{part}}}" in request):
            for wrong in IDS if name not in NAMES else ("a%00b",):
                answer = await watch.send(api, request, wrong, {**parts, name: wrong}, **options)
                if answer.status != 404 and request != ANY_YEAR:
                    watch.faults.append(f"{request} {name}={wrong}: {answer.status}")
    watch.close()


@pytest.mark.parametrize("start", ["sqlite"], indirect=True)
async def test_requests_sent_twice_write_nothing_twice(start: Start) -> None:
    watch = await start_watch(start)
    for request in sorted(list_writing_endpoints()):
        kind, body = ROWS[request]
        api, parts, good = (
            watch.world.find_sender(request),
            await watch.world.create(kind),
            watch.world.fill_in(body),
        )
        headers = {"Idempotency-Key": request}
        first = await watch.send(api, request, "first", parts, json=good, headers=headers)
        before = watch.count_rows()
        second = await watch.send(api, request, "again", parts, json=good, headers=headers)
        more = {name for name, count in watch.count_rows().items() if count > before[name]}
        if more - LOGS - TWICE.get(request, set()):
            watch.faults.append(f"{request} again: {first.status}, {second.status}, more {more}")
    watch.close()
