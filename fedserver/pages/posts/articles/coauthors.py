"""The request to be named as a co-author: the member reads the article, and agrees or not."""

from __future__ import annotations

from aiohttp import web
from msgspec import Struct

from fedserver.domain.accounts import accounts
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.posts import articles
from fedserver.domain.posts.authorship import coauthors
from fedserver.web.endpoint import USER, Call, NoParams, Routes

routes = Routes("pages")


class AnswerParams(Struct, frozen=True):
    csrf: str = ""
    decision: str = ""  # accept, anything else declines


@routes.get("/@{name}/{place}/coauthor", html=True, auth=USER)
async def show(call: Call[NoParams]) -> web.StreamResponse:
    """Show the article, which may be a draft, to the member who was asked."""
    author = await accounts.get_local(call.tx, call.text("name"))
    try:
        row, request = await coauthors.get_request(call.tx, call.account, call.id("place"))
    except NotFoundError:
        moved = await articles.find_by_former_address(call.tx, call.site, author, call.text("place"))
        if moved is None or moved.id == call.id("place"):
            raise
        return call.see_other(f"/@{author.username}/{moved.id}/coauthor")
    if row.account_id != author.id:
        raise NotFoundError
    return call.render("coauthor.html", row=row, author=author, is_accepted=request.accepted_at is not None)


@routes.post("/@{name}/{place}/coauthor", html=True, auth=USER, params=AnswerParams)
async def answer(call: Call[AnswerParams]) -> web.StreamResponse:
    """Agree, or not; a member who agreed may change their mind."""
    row, _ = await coauthors.get_request(call.tx, call.account, call.id("place"))
    accepts = call.params.decision == "accept"
    await coauthors.answer(call.tx, call.account, row.id, accepts=accepts)
    if row.state == "published":
        return call.see_other(row.url.removeprefix(call.site.links.base))
    return call.see_other(f"{call.request.path}" if accepts else "/home")
