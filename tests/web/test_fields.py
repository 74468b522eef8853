"""Parameters in every spelling that clients use become one struct."""

from __future__ import annotations

import pytest
from msgspec import Struct

from fedserver.domain.kernel.errors import InvalidError
from fedserver.web.fields import convert
from fedserver.web.rails_params import nest
from tests.kit.api import Api
from tests.kit.nodes import Start


class Poll(Struct, frozen=True):
    options: list[str] = []
    expires_in: int = 0
    multiple: bool = False


class Keyword(Struct, frozen=True):
    keyword: str = ""
    whole_word: bool = False


class Params(Struct, frozen=True):
    status: str = ""
    sensitive: bool | None = None
    media_ids: list[int] = []
    in_reply_to_id: int | None = None
    poll: Poll | None = None
    keywords_attributes: list[Keyword] = []


def from_form(*pairs: tuple[str, str]) -> Params:
    return convert(nest(pairs), Params)


def test_lists_with_brackets_with_indexes_and_alone() -> None:
    assert from_form(("media_ids[]", "1"), ("media_ids[]", "2")).media_ids == [1, 2]
    assert from_form(("media_ids[1]", "2"), ("media_ids[0]", "1")).media_ids == [1, 2]
    assert from_form(("media_ids", "7")).media_ids == [7]


def test_groups_and_lists_inside_groups() -> None:
    made = from_form(("poll[options][]", "a"), ("poll[options][]", "b"), ("poll[expires_in]", "60"))
    assert made.poll == Poll(["a", "b"], 60)


def test_lists_of_groups_with_and_without_indexes() -> None:
    wanted = [Keyword("x", True), Keyword("y", False)]
    assert (
        from_form(
            ("keywords_attributes[][keyword]", "x"),
            ("keywords_attributes[][whole_word]", "true"),
            ("keywords_attributes[][keyword]", "y"),
        ).keywords_attributes
        == wanted
    )
    assert (
        from_form(
            ("keywords_attributes[0][keyword]", "x"),
            ("keywords_attributes[0][whole_word]", "1"),
            ("keywords_attributes[1][keyword]", "y"),
        ).keywords_attributes
        == wanted
    )


@pytest.mark.parametrize("text", ["0", "f", "F", "false", "FALSE", "off", "OFF"])
def test_bool_false_words_are_false(text: str) -> None:
    assert from_form(("sensitive", text)).sensitive is False


@pytest.mark.parametrize("text", ["1", "t", "true", "on", "yes", "anything"])
def test_bool_other_words_are_true(text: str) -> None:
    assert from_form(("sensitive", text)).sensitive is True


def test_json_with_strings_for_everything_and_nulls() -> None:
    given = {
        "status": 5,
        "sensitive": "0",
        "media_ids": [],
        "in_reply_to_id": None,
        "poll": {"options": ["a"], "expires_in": "3600", "multiple": "1"},
        "unknown": {"deep": [1]},
    }
    assert convert(given, Params) == Params("5", False, [], None, Poll(["a"], 3600, True))
    assert convert({"poll": None, "sensitive": None}, Params) == Params()


def test_empty_is_absent_unless_text() -> None:
    assert from_form(("sensitive", ""), ("in_reply_to_id", ""), ("status", "")) == Params()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"in_reply_to_id": "abc"}, "in_reply_to_id"),
        ({"media_ids": ["x"]}, "media_ids"),
        ({"poll": "text"}, "poll"),
        ({"status": ["a"]}, "status"),
        ({"poll": {"options": [{"a": 1}]}}, "poll"),
    ],
)
def test_wrong_types_name_the_field(given: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidError) as raised:
        convert(given, Params)
    assert raised.value.field.startswith(field)


def test_too_deep_and_too_many_are_refused() -> None:
    with pytest.raises(InvalidError, match="deeper"):
        nest([("a" + "[b]" * 50, "1")])
    with pytest.raises(InvalidError, match="more than"):
        nest([("a[]", "1")] * 50_000)
    with pytest.raises(InvalidError, match="group"):
        nest([("a", "1"), ("a[b]", "2")])


@pytest.mark.parametrize("start", ["sqlite"], indirect=True)
async def test_unreadable_body_is_refused_with_a_reason(start: Start) -> None:
    node = await start("alpha.test")
    form = "application/x-www-form-urlencoded"
    for kind, body in (
        (f"{form}; charset=x", b"client_name=a"),
        (form, b"client_name=\xff"),
        ("application/json", b'{"client_name": "\xff"}'),
        ("multipart/form-data", b"--x"),
        ("multipart/form-data; boundary=x", b"--y\r\n"),
        ("multipart/form-data; boundary=x", b"--x\r\nstatus"),
    ):
        answer = await Api(node).request("POST", "/api/v1/apps", data=body, headers={"Content-Type": kind})
        assert answer.status == 422, kind
        assert answer.body["error"], kind


BODIES = {
    "form": b"client_name=Ice+Cubes&redirect_uris=icecubes%3A%2F%2Fauth&scopes=read+write",
    "form with lists": b"client_name=Ice+Cubes&redirect_uris[]=icecubes%3A%2F%2Fauth&scopes=read%20write",
    "json": b'{"client_name": "Ice Cubes", "redirect_uris": "icecubes://auth", "scopes": "read write"}',
    "json after spaces": b' \r\n{"client_name":"Ice Cubes","redirect_uris":["icecubes://auth"],'
    b'"scopes":"read write"}',
}


@pytest.mark.parametrize("kind", ["", "application/octet-stream", "text/plain", "text/plain; charset=utf-8"])
@pytest.mark.parametrize("body", BODIES)
async def test_body_without_a_type_is_read_by_its_form(start: Start, kind: str, body: str) -> None:
    api = Api(await start("alpha.test"))
    options = {"headers": {"Content-Type": kind}} if kind else {"skip_auto_headers": ["Content-Type"]}
    answer = await api.request("POST", "/api/v1/apps", data=BODIES[body], **options)
    assert answer.status == 200, answer.body
    assert (answer.body["name"], answer.body["redirect_uri"]) == ("Ice Cubes", "icecubes://auth")
    assert answer.body["scopes"] == ["read", "write"]


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "POST"])
async def test_forms_of_every_method_may_have_no_type(start: Start, method: str) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    api = Api(node, await node.create_token(ann, "read write follow"))
    options = {"skip_auto_headers": ["Content-Type"]}
    if method == "PATCH":
        path, data = "/api/v1/accounts/update_credentials", b"display_name=Ann+A&fields_attributes[0][name]=a"
    elif method == "PUT":
        status = await api.post("/api/v1/statuses", status="before")
        path, data = f"/api/v1/statuses/{status['id']}", b"status=after%20%C3%A4"
    else:
        path, data = "/api/v1/domain_blocks", b"domain=evil.example"
    answer = await api.request(method, path, data=data, **options)
    assert answer.status == 200, answer.body
    if method == "PATCH":
        assert answer.body["display_name"] == "Ann A"
    if method == "PUT":
        assert answer.body["content"] == "<p>after ä</p>"


@pytest.mark.parametrize(
    "data", [b"", b"   ", b"\xff\xfe", b"hello", b"--x\r\nContent-Disposition: y=z\r\n", b"<a b='c'>\n=</a>"]
)
async def test_body_that_is_nothing_known_has_no_values(start: Start, data: bytes) -> None:
    api = Api(await start("alpha.test"))
    answer = await api.request("POST", "/api/v1/apps", data=data, skip_auto_headers=["Content-Type"])
    assert answer.status == 422
    assert "can't be blank" in answer.body["error"]


@pytest.mark.parametrize("data", [b"{", b"[1]", b'{"a": ', b"&".join(b"a%d=1" % n for n in range(2_001))])
async def test_body_without_a_type_that_is_broken_is_refused(start: Start, data: bytes) -> None:
    api = Api(await start("alpha.test"))
    answer = await api.request("POST", "/api/v1/apps", data=data, skip_auto_headers=["Content-Type"])
    assert answer.status == 422
    assert "body" in answer.body["details"]
