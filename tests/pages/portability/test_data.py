"""Files that a member takes along and brings along, in Mastodon's formats: merged, or in the place of all."""

from __future__ import annotations

import io
import json
import os
import re
import zipfile

import aiohttp
import pytest

from fedserver.domain.kernel import jobs
from fedserver.domain.portability import imports
from fedserver.federation import archives
from fedserver.federation.imports import continue_import
from tests.kit.api import Api
from tests.kit.nodes import Start, TestNode
from tests.kit.people import establish_follow
from tests.kit.pictures import make_picture
from tests.kit.visitors import VisitedPage, Visitor


class Named(io.BytesIO):
    """A file as a browser sends it."""

    name = "elsewhere.csv"


async def bring(visitor: Visitor, kind: str, text: str | bytes, mode: str = "merge") -> VisitedPage:
    data = Named(text if isinstance(text, bytes) else text.encode())
    return await visitor.submit_action("/settings/data", "/settings/data", kind=kind, mode=mode, data=data)


async def settle(node: TestNode) -> None:
    while await node.settle():
        pass


async def test_exported_files_can_be_imported(start: Start) -> None:
    alpha, beta = await start("alpha.test"), await start("beta.test")
    ann, cas, dan = [await alpha.create_member(name) for name in ("ann", "cas", "dan")]
    await beta.create_member("bob")
    api, visitor = Api(alpha, await alpha.create_token(ann)), Visitor(alpha)
    await visitor.log_in("ann")
    post = await api.post("/api/v1/statuses", status="to be kept")
    files = {
        "following": "Account address,Show boosts,Notify on new posts,Languages\n"
        'bob@beta.test,false,true,"en, de"\n'
        "cas@alpha.test,true,false,\n",
        "lists": "=Friends,bob@beta.test\n=Friends,cas@alpha.test\n",
        "muting": "Account address,Hide notifications\ndan@alpha.test,false\n",
        "domain_blocking": "noise.test\n",
        "bookmarks": f"{post['uri']}\n",
    }
    for kind, text in files.items():
        page = await bring(visitor, kind, text)
        assert page.status == 200
        assert "elsewhere.csv" in page.text
        assert "hx-trigger" in page.text
        await settle(alpha)
    await settle(beta)
    await settle(alpha)
    for kind, text in files.items():
        assert (await visitor.open(f"/settings/data/{kind}.csv")).text == text, kind
    page = await visitor.open("/settings/data")
    assert "2 of 2 done" in page.text
    assert "hx-trigger" not in page.text

    # In the place of what is there: what the file does not name goes, whatever the case it is written in.
    for kind, text in (
        ("following", "\ufeffLanguages,account address\r\n,BOB@beta.test\r\n"),
        ("lists", "=Friends,@Cas\n"),
        ("muting", "cas\n"),
        ("domain_blocking", "#domain\nother.test\n"),
        ("bookmarks", "https://nowhere.test/1\n"),
    ):
        assert (await bring(visitor, kind, text, "overwrite")).status == 200
        await settle(alpha)
    taken = [(await visitor.open(f"/settings/data/{kind}.csv")).text.split("\n") for kind in files]
    following, lists, muting, domains, bookmarks = taken
    assert following[1:] == ["bob@beta.test,true,false,", "cas@alpha.test,true,false,", ""]
    assert lists == ["=Friends,cas@alpha.test", ""]
    assert muting[1:] == ["cas@alpha.test,true", ""]
    assert domains == ["other.test", ""]
    assert bookmarks == [""]

    # What could not be done is told with its line, in a file that can be brought again.
    await bring(visitor, "blocking", "dan\nnot an account\n\nnobody@beta.test\nann\n")
    await settle(alpha)
    assert (await visitor.open("/settings/data/blocking.csv")).text == "dan@alpha.test\n"
    page = await visitor.open("/settings/data")
    address = page.text[page.text.index("/settings/data/imports/") :].partition('"')[0]
    assert (await visitor.open(address)).text == (
        "Account address,Line,Reason\n"
        "not an account,2,“not an account” is not an account.\n"
        "nobody@beta.test,4,This account was not found.\n"
        "ann,5,You cannot block yourself.\n"
    )
    other = Visitor(alpha)
    await other.log_in("cas")
    assert (await other.open(address)).status == 404
    forget = address.replace("problems.csv", "forget")
    assert "/imports/" not in (await other.open("/settings/data")).text
    assert address not in (await visitor.submit_action("/settings/data", forget)).text
    await establish_follow(alpha.db, alpha.site, dan, cas)
    followers = (await other.open("/settings/data/followers.csv")).text
    assert followers == "Account address\nann@alpha.test\ndan@alpha.test\n"
    assert (await other.open("/settings/data/passwords.csv")).status == 404


async def test_import_interrupted_by_a_crash_goes_on(start: Start) -> None:
    alpha = await start("alpha.test")
    ann, visitor = await alpha.create_member("ann"), Visitor(alpha)
    await visitor.log_in("ann")
    await bring(visitor, "domain_blocking", "".join(f"d{number}.test\n" for number in range(25)))
    async with alpha.db.read() as tx:
        (row,) = await imports.list_recent(tx, ann)
    # A slice was carried out, and the process ended before it could say so: that task is done again.
    services = alpha.node.services
    for _ in range(2):
        await continue_import(alpha.db, alpha.site, services.resolver, jobs.ContinueImport(row.id))
    await settle(alpha)
    async with alpha.db.read() as tx:
        (row,) = await imports.list_recent(tx, ann)
    assert (row.total, row.done, row.failed) == (25, 25, 0)
    assert row.finished_at is not None
    assert (await visitor.open("/settings/data/domain_blocking.csv")).text.count("\n") == 25
    for _ in range(imports.MAX_UNFINISHED):
        await bring(visitor, "domain_blocking", "again.test\n")
    page = await bring(visitor, "domain_blocking", "again.test\n")
    assert page.status == 422
    assert "imports are in progress" in page.text
    for stop in re.findall(r'"(/settings/data/imports/\d+/forget)"', page.text)[:2]:
        page = await visitor.submit_action("/settings/data", stop)
    assert page.text.count(">Cancel<") == imports.MAX_UNFINISHED - 2
    await settle(alpha)
    assert ">Cancel<" not in (await visitor.open("/settings/data")).text


@pytest.mark.parametrize("start", ["sqlite"], indirect=True)
async def test_import_of_a_wrong_file_names_its_lines(start: Start) -> None:
    alpha = await start("alpha.test")
    await alpha.create_member("ann")
    visitor = Visitor(alpha)
    await visitor.log_in("ann")
    for kind, data, text in (
        ("following", b"", "Please choose a file"),
        ("odd", b"x", "Please choose what is in the file"),
        ("following", b"\n\n", "The file is empty"),
        ("following", b"Account address\n", "has a header but no entries"),
        ("following", b"bob\n\x81\xff\n", "not UTF-8 text (line 2)"),
        ("following", b"bob\n\nx\0y\n", "not UTF-8 text (line 3)"),
        ("following", b'bob\n"never closed\n', "Line 3 of the file is not valid CSV"),
        ("following", b"two words\nmore words\n", "Line 1: “two words” is not an account. Line 2"),
        ("domain_blocking", b"bob@beta.test\n", "Line 1"),
        ("bookmarks", b"Account address\nbob@beta.test\n", "Line 1"),
        ("lists", b",bob@beta.test\n", "Line 1: The name of the list is missing."),
        ("following", b"bob\n" * 20_002, "20000 are possible"),
        ("following", b"x" * 10_000_001, "up to 10 MB"),
    ):
        page = await bring(visitor, kind, data)
        assert page.status == 422
        assert text in page.text, (kind, data[:40], page.text[-3000:])


@pytest.mark.parametrize("start", ["sqlite"], indirect=True)
async def test_import_from_a_spreadsheet_takes_every_line(start: Start) -> None:
    alpha = await start("alpha.test")
    ann = await alpha.create_member("ann")
    for name in ("bob", "cas"):
        await alpha.create_member(name)
    api, visitor = Api(alpha, await alpha.create_token(ann)), Visitor(alpha)
    await visitor.log_in("ann")
    header = "Account address;Show boosts;Notify on new posts;Languages"
    for kind, text, encoding in (
        ("following", f"{header}\nbob@alpha.test;false;true;de\ncas@alpha.test;true;false;\n", "utf-8-sig"),
        ("muting", "Account address\tHide notifications\r\nbob@alpha.test\tfalse\r\n", "utf-16"),
        ("lists", 'sep=;\n"Close; and far";bob@alpha.test\n', "utf-8"),
    ):
        page = await bring(visitor, kind, text.encode(encoding))
        assert page.status == 200, page.text[-2000:]
        await settle(alpha)
    followed = await api.get(f"/api/v1/accounts/{ann.id}/following")
    assert {account["acct"] for account in followed} == {"bob", "cas"}
    ids = [account["id"] for account in followed if account["acct"] == "bob"]
    [relationship] = await api.get("/api/v1/accounts/relationships", id=ids)
    assert (relationship["showing_reblogs"], relationship["notifying"]) == (False, True)
    assert (relationship["languages"], relationship["muting_notifications"]) == (["de"], False)
    assert relationship["muting"] is True
    assert [entry["title"] for entry in await api.get("/api/v1/lists")] == ["Close; and far"]


async def test_archive_can_be_downloaded_by_its_owner_only(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "BATCH_SIZE", 2)
    alpha = await start("alpha.test")
    ann, eve = await alpha.create_member("ann"), await alpha.create_member("eve")
    api, visitor, other = Api(alpha, await alpha.create_token(ann)), Visitor(alpha), Visitor(alpha)
    await visitor.log_in("ann")
    await other.log_in("eve")
    file = aiohttp.FormData({"description": "a fox"})
    file.add_field("file", make_picture(), filename="fox.png", content_type="image/png")
    media = (await api.request("POST", "/api/v2/media", data=file)).body
    avatar = aiohttp.FormData()
    avatar.add_field("avatar", make_picture(), filename="me.png", content_type="image/png")
    assert (await api.request("PATCH", "/api/v1/accounts/update_credentials", data=avatar)).status == 200
    shown = await api.post("/api/v1/statuses", status="with a picture", media_ids=[media["id"]])
    theirs = await alpha.publish(eve, "of Eve")
    for number in range(4):
        await alpha.publish(ann, f"number {number}", visibility="local" if number else "direct")
    await api.post(f"/api/v1/statuses/{theirs}/reblog")
    await api.post(f"/api/v1/statuses/{theirs}/favourite")
    await alpha.publish(ann, "a draft", state="draft")
    page = await visitor.submit_action("/settings/data", "/settings/data/archives")
    assert page.status == 200
    assert "In progress" in page.text
    again = await visitor.submit_action("/settings/data", "/settings/data/archives")
    assert again.status == 422
    assert "one archive a day" in again.text
    await settle(alpha)
    page = await visitor.open("/settings/data")
    (address,) = re.findall(r'"(/settings/data/archives/\d+\.zip)"', page.text)
    assert (await other.open(address)).status == 404
    assert (await Visitor(alpha).open(address)).path.startswith("/login")
    async with visitor.http.get(address) as answer:
        assert answer.headers["Content-Disposition"] == 'attachment; filename="ann.zip"'
        assert answer.headers["Cache-Control"] == "private, no-store"
        whole = await answer.read()
    archive = zipfile.ZipFile(io.BytesIO(whole))
    for several, status, part in (("bytes=0-3", 206, whole[:4]), ("bytes=0-1,3-4", 200, whole)):
        async with visitor.http.get(address, headers={"Range": several}) as answer:
            assert (answer.status, await answer.read()) == (status, part)
    assert archive.testzip() is None
    outbox = json.loads(archive.read("outbox.json"))
    kinds = [each["type"] for each in outbox["orderedItems"]]
    assert outbox["totalItems"] == len(kinds) == 6
    assert kinds[-1] == "Announce"
    assert set(kinds[:-1]) == {"Create"}
    first = outbox["orderedItems"][0]["object"]
    assert first["id"] == shown["uri"]
    assert first["attachment"][0]["name"] == "a fox"
    assert archive.read(first["attachment"][0]["url"].removeprefix("/"))
    assert not [each for each in outbox["orderedItems"][2:-1] if each["to"] or each["cc"]], "for members only"
    actor = json.loads(archive.read("actor.json"))
    assert actor["id"] == ann.uri
    assert archive.read(actor["icon"]["url"])
    liked = json.loads(archive.read("likes.json"))
    assert liked["orderedItems"] == [f"https://alpha.test/users/eve/statuses/{theirs}"]
    assert archive.read("following_accounts.csv").startswith(b"Account address")

    # It is kept for a week, and under no address that others could guess.
    store = alpha.node.services.store
    (path,) = (store.root / ".apart").iterdir()
    assert store.path(f".apart/{path.name}") is None
    alpha.clock.forward(days=8)
    os.utime(path, (0, 0))
    await settle(alpha)
    assert not path.exists()
    assert ".zip" not in (await visitor.open("/settings/data")).text
