"""`make fuzz`: random input of peers, clients and operators for every function that reads it.

Each target is tried for SECONDS (20 by default); ONLY=word tries those whose names contain a word. A target
may raise the errors that it declares and no others, has to return in time, and cleaning twice must equal
cleaning once. What is found becomes a test of its own.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import msgspec
from aiohttp import StreamReader, web
from aiohttp.test_utils import make_mocked_request
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from activitypub import webfinger
from activitypub.activities import read_activity
from activitypub.actors import read_actor
from activitypub.authority import same_origin
from activitypub.document import parse
from activitypub.errors import ActivityPubError, SignatureError
from activitypub.keys import generate_rsa, load_multibase, load_private, load_public_pem
from activitypub.objects import read_object
from activitypub.signatures import cavage, rfc9421, verify
from activitypub.signatures.digest import sha256
from activitypub.signatures.request import SignedRequest, fields
from activitypub.webfinger import Handle, parse_handle, parse_resource, read_host_meta, read_jrd
from fedserver import config
from fedserver.domain.content import search_terms
from fedserver.domain.kernel.errors import DomainError
from fedserver.federation.convert import accounts, polls, posts
from fedserver.text.excerpts import make_excerpt, slugify
from fedserver.text.languages import normalize_language
from fedserver.text.markup import count_characters, render_markdown, render_plain
from fedserver.text.page_links import parse_page_links
from fedserver.text.previews import parse_page
from fedserver.text.sanitize import clean_article, clean_name, clean_post, clean_profile, to_text
from fedserver.text.tokenizer import fold, tokenize
from fedserver.web.fields import read_params
from fedserver.web.uploads import Uploads

PER_ROUND, DEADLINE = 200, timedelta(seconds=10)
NOW = 1_795_000_000_000
ORIGIN = "https://a.test"


@dataclass(frozen=True)
class FuzzTarget:
    """A function to be tried: a name, its inputs, and the check."""

    name: str
    inputs: st.SearchStrategy[Any]
    check: Callable[[Any], object]


# --- documents

PROPERTY_NAMES = st.sampled_from(
    ["id", "type", "actor", "object", "to", "cc", "content", "contentMap", "name", "summary", "attributedTo",
     "published", "updated", "tag", "href", "attachment", "url", "mediaType", "inReplyTo", "oneOf", "anyOf",
     "replies", "totalItems", "endTime", "closed", "votersCount", "publicKey", "publicKeyPem", "owner",
     "inbox",
     "preferredUsername", "icon", "image", "endpoints", "sharedInbox", "quote", "quoteUrl",
     "interactionPolicy",
     "canQuote", "automaticApproval", "instrument", "result", "target", "source", "assertionMethod", "links",
     "rel", "subject", "alsoKnownAs", "attributionDomains", "focalPoint", "blurhash", "width", "sensitive"]
)  # fmt: skip
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=30),
    st.sampled_from(["Note", "Question", "Create", "Person", "Mention", "Hashtag", "Link", "self",
                       "https://[", "2026-01-01T00:00:00Z",
                       f"{ORIGIN}/1", f"{ORIGIN}/u", "https://b.test:99999/", "acct:a@a.test",
                       "as:Public", "http://a.test\\@b.test", "0001-01-01T00:00:00+23:59"]),
)  # fmt: skip
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(PROPERTY_NAMES, inner, max_size=5),
    max_leaves=25,
)
DOCUMENTS = st.dictionaries(PROPERTY_NAMES, JSON, max_size=12)


def call_allowing(error: type[Exception] | tuple[type[Exception], ...], call: Callable[[], object]) -> None:
    """Call a function that may raise the errors it declares."""
    with suppress(error):
        call()


def check_documents(value: dict[str, Any]) -> None:
    value = parse(msgspec.json.encode(value))
    whole = {"id": f"{ORIGIN}/1", "type": "Note", "attributedTo": f"{ORIGIN}/u", **value}
    actor = {"id": f"{ORIGIN}/u", "type": "Person", "preferredUsername": "u", "inbox": f"{ORIGIN}/i", **value}
    call_allowing(ActivityPubError, lambda: read_activity(value))
    call_allowing(ActivityPubError, lambda: accounts.to_remote_account(read_actor(actor), "u", "a.test", NOW))
    call_allowing(ActivityPubError, lambda: posts.to_remote_post(read_object(whole), "{}", f"{ORIGIN}/f"))
    call_allowing(ActivityPubError, lambda: polls.to_remote_vote(f"{ORIGIN}/u", whole))
    msgspec.json.encode(whole)


# --- signatures

PRIVATE, PUBLIC_PEM = generate_rsa()
KEY = cast(Any, load_private(PRIVATE))
BODY = b"{}"
UNSIGNED_REQUEST = SignedRequest("POST", ORIGIN, "/inbox", {}, BODY)
PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=20)
FRAGMENTS = PRINTABLE | st.sampled_from(
    ['"', ",", "=", ";", "(", ")", ":", "keyId=", "keyid=", "headers=", "created=", "expires=", "sig1=",
     "@method",
     "@target-uri", "(created)", "%s", "content-digest", ";req", ";sf", "1e9", "99999999999999999999", "?1"]
)  # fmt: skip
EDITS = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 30), FRAGMENTS), min_size=1, max_size=4)


def apply_edits(original: str, edits: list[tuple[int, int, str]]) -> str:
    for place, length, piece in edits:
        original = original[:place] + piece + original[place + length :]
    return original


def make_signature_check(sign: Callable[..., dict[str, str]]) -> Callable[[Any], None]:
    key = load_public_pem(PUBLIC_PEM)
    good = {"Host": "a.test", **sign(KEY, f"{ORIGIN}/u#key", UNSIGNED_REQUEST, NOW, sha256(BODY))}

    def check(change: tuple[str, list[tuple[int, int, str]]]) -> None:
        name = change[0] if change[0] in good else "Signature"
        headers = {**good, name: apply_edits(good[name], change[1])}
        request = msgspec.structs.replace(UNSIGNED_REQUEST, headers=fields(headers.items()))
        call_allowing(SignatureError, lambda: verify.check_body(request))
        call_allowing(
            SignatureError, lambda: verify.check_signature(verify.parse_claim(request), key, request, NOW)
        )

    return check


SIGNATURE_EDITS = st.tuples(
    st.sampled_from(["Signature", "Signature-Input", "Digest", "Content-Digest", "Date", "Host"]), EDITS
)


def check_keys(value: str) -> None:
    call_allowing(SignatureError, lambda: load_multibase("z" + value))
    call_allowing(SignatureError, lambda: load_public_pem(apply_edits(PUBLIC_PEM, [(27, len(value), value)])))


# --- WebFinger, addresses

ADDRESSES = st.text(max_size=40) | st.lists(
    st.sampled_from(["https://", "http:", "//", "@", ":", "a.test", "[::1]", "%", "\\", "#", "?", "/",
    "acct:", "٣",
                       "xn--", "ß", ".", "99999", "<Link", ' rel="lrdd"', ' template="', "{uri}", '"', ">"]),
    max_size=9,
).map("".join)  # fmt: skip


def check_webfinger(value: tuple[str, dict[str, Any]]) -> None:
    written, document = value
    parse_resource(written)
    parse_handle(written)
    same_origin(written, ORIGIN)
    template = read_host_meta(written)
    if template is not None:
        webfinger.fill_template(template, Handle("a", "b.test"))
    call_allowing(
        ActivityPubError, lambda: read_jrd({"links": [{"rel": "self", "href": written}], **document})
    )


# --- texts

HTML = st.lists(
    st.text(max_size=8) | st.sampled_from(
        ["<p>", "</p>", "<a href='", "javascript:", "'>", "</a>", "<b>", "<svg>", "<math>", "<style>",
         "</style>",
         "<!--", "-->", "<script>", "</script>", "&lt;", "&#x3c;", "&", "<img src=x onerror=alert(1)>",
         "<template>",
         "<noscript>", "<br/>", "<ul><li>", "<table>", "<select>", "<mglyph>", "<![CDATA[", "]]>",
         "<title>", '"',
         "<a id=x name=y>", "<textarea>", "\0", "\ud800", "\u202e", "<pre>\n", "<p class='mention x'>",
         "<ol start=3>",
         "@ann@a.test", "#tag", "https://a.test/(x)", "**", "[x](", "`", "~~", "> ", "\n\n",
         "| a |\n|--|\n"]),
    max_size=25,
).map("".join)  # fmt: skip


def check_texts(html: str) -> None:
    for clean in (clean_post, clean_article, clean_profile):
        once = clean(html, f"{ORIGIN}/1")
        assert clean(once, f"{ORIGIN}/1") == once, "cleaning twice is not cleaning once"
        for node in LexborHTMLParser(once).css("*"):
            assert node.tag not in ("script", "style", "svg", "iframe"), once
            for name, value in node.attributes.items():
                assert not name.startswith("on"), once
                assert not (value or "").strip().lower().startswith("javascript:"), once
    name = clean_name(html)
    assert clean_name(name) == name
    to_text(html), make_excerpt(html), slugify(name), fold(html), tokenize(html)
    count_characters(html), normalize_language(html[:20]), parse_page_links(html.encode("utf-8", "replace"))
    for rendered in (
        render_plain(html, {}, str),
        render_markdown(html, {}, str, article=False),
        render_markdown(html, {}, str, article=True),
    ):
        assert "<script" not in rendered, rendered
        assert "<svg" not in rendered, rendered
    parse_page(html.encode("utf-8", "replace"), "text/html", f"{ORIGIN}/1")


# --- configuration, requests, searches

TOML = st.lists(
    st.text(max_size=8) | st.sampled_from(
        ["[node]\n", "[database]\n", "[federation]\n", "[limits]\n", "domain = ", "base_url = ", "url = ",
         "mode = ",
         '"x"\n', '"https://a.test"\n', '"https://[\\n"', "-1\n", "1e99\n", "true\n", "[]\n", "{}\n",
         '["::/0"]\n',
         "allow_networks = ", "requests_per_5_minutes = ", "[oidc]\n", "issuer = ", "client_id = ",
         "1979-05-27\n"]),
    max_size=14,
).map("".join)  # fmt: skip
VARIABLES = st.dictionaries(
    st.sampled_from(["FEDSERVER_NODE__DOMAIN", "FEDSERVER_LIMITS__UPLOAD_BYTES", "FEDSERVER_X",
    "FEDSERVER_NODE",
                       "FEDSERVER_NODE__BASE_URL", "FEDSERVER_DATABASE__URL", "FEDSERVER_OIDC__ISSUER"]),
    st.text(max_size=20) | st.sampled_from(["https://[", "http://a:b", "sqlite:", "1" * 50, "٣"]),
)  # fmt: skip


def check_configuration(value: tuple[str, dict[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fedserver.toml"
        path.write_bytes(value[0].encode("utf-8", "surrogatepass"))
        call_allowing(config.ConfigError, lambda: config.load(path, value[1]))


class SampleGroup(msgspec.Struct, frozen=True):
    name: str = ""
    value: int | None = None


class SampleForm(msgspec.Struct, frozen=True):
    status: str = ""
    sensitive: bool = False
    limit: int = 20
    ids: list[str] = []
    numbers: list[int] = []
    poll: SampleGroup | None = None
    fields_attributes: list[SampleGroup] = []


FORM_PIECES = st.lists(
    st.sampled_from(["status", "sensitive", "limit", "ids", "numbers", "poll", "fields_attributes",
    "name", "value",
                       "[", "]", "[]", "[0]", "[99999]", "[name]", "=", "&", "%00", "%ff", "+", "x", "1",
                       "-1", "f",
                       "9" * 30, "null", "true", "{", "}", '"', ":", ",", "\\ud800", "1e999", "--x\r\n",
                       "\r\n\r\n",
                       'Content-Disposition: form-data; name="status"', "; filename=x", "é"]),
    max_size=15,
).map("".join)  # fmt: skip
CONTENT_TYPES = st.sampled_from(
    ["application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain",
     "multipart/form-data", "application/x-www-form-urlencoded; charset=x",
     "application/json; charset=utf-16", ""]
)  # fmt: skip
LOOP = asyncio.new_event_loop()
FOLDER = Path(tempfile.gettempdir())


def check_requests(value: tuple[str, str, bytes]) -> None:
    kind, query, body = value

    async def read() -> None:
        stream = StreamReader(cast(Any, _Protocol()), 65_536, loop=LOOP)
        stream.feed_data(body)
        stream.feed_eof()
        headers = {"Content-Type": kind, "Content-Length": str(len(body))}
        path = "/?" + "".join(letter for letter in query if letter.isprintable() and letter != " ")
        request = make_mocked_request("POST", path, headers, payload=stream)
        uploads = Uploads(FOLDER, 1_000)
        with suppress(DomainError, web.HTTPException):
            await read_params(request, SampleForm, uploads)
        uploads.close()

    LOOP.run_until_complete(read())


class _Protocol:
    """A connection that never pauses reading."""

    _reading_paused = False

    def pause_reading(self) -> None: ...

    def resume_reading(self, resume_parser: bool = True) -> None: ...


SEARCHES = st.text(max_size=60) | st.lists(
    st.sampled_from(["from:", "@", "before:", "after:", "during:", "-", "+", '"', "2026-01-01",
    "0001-01-01",
                       "9999-12-31", "has:", "media", "is:reply", "language:", "en", "in:library", " ",
                       "*", "(", "NEAR"]),
    max_size=12,
).map("".join)  # fmt: skip

TARGETS = (
    FuzzTarget("documents", DOCUMENTS, check_documents),
    FuzzTarget(
        "bytes",
        st.binary(max_size=200),
        lambda value: call_allowing(ActivityPubError, lambda: parse(value)),
    ),
    FuzzTarget("signatures of draft-cavage", SIGNATURE_EDITS, make_signature_check(cavage.sign)),
    FuzzTarget("signatures of RFC 9421", SIGNATURE_EDITS, make_signature_check(rfc9421.sign)),
    FuzzTarget("keys", PRINTABLE, check_keys),
    FuzzTarget("webfinger", st.tuples(ADDRESSES, DOCUMENTS), check_webfinger),
    FuzzTarget("html", HTML, check_texts),
    FuzzTarget("configuration", st.tuples(TOML, VARIABLES), check_configuration),
    FuzzTarget(
        "requests",
        st.tuples(CONTENT_TYPES, FORM_PIECES, FORM_PIECES.map(str.encode) | st.binary(max_size=60)),
        check_requests,
    ),
    FuzzTarget("searches", SEARCHES, search_terms.parse),
)


def run_target(target: FuzzTarget, seconds: float) -> int:
    """Try one target until the time is over; return how often. Raises what it finds."""
    tried, end = 0, time.monotonic() + seconds

    def once(value: Any) -> None:
        nonlocal tried
        tried += 1
        target.check(value)

    while time.monotonic() < end:
        bounded = settings(
            max_examples=PER_ROUND, deadline=DEADLINE, database=None, suppress_health_check=list(HealthCheck)
        )
        seed(random.getrandbits(64))(bounded(given(target.inputs)(once)))()
    return tried


def main() -> int:
    """Try the targets; return 1 if one fails."""
    seconds, only = float(os.environ.get("SECONDS", "20")), os.environ.get("ONLY", "")
    failures = 0
    for target in TARGETS:
        if only not in target.name:
            continue
        try:
            print(f"fine   {target.name}: {run_target(target, seconds)} tried", flush=True)
        except Exception as error:
            failures += 1
            print(f"FAULT  {target.name}", flush=True)
            traceback.print_exception(error)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
