"""Forums (FEP-1b12): Lemmy, PieFed, Mbin, NodeBB, Discourse. What they announce is read from its origin."""

from __future__ import annotations

from tests.journeys.shapes.shape import Shape, act, public
from tests.kit.peers import PUBLIC, make_actor

FOXES = make_actor(
    "https://lemmy.test/c/foxes", "foxes", kind="Group", attributedTo="https://lemmy.test/c/foxes/mods"
)
JOE = make_actor("https://lemmy.test/u/joe", "joe")
PAGE = public(
    JOE["id"],
    "https://lemmy.test/post/1",
    "Page",
    to=[FOXES["id"], PUBLIC],
    cc=[],
    audience=FOXES["id"],
    name="A page of Lemmy",
    content="<p>See the link</p>",
    mediaType="text/html",
    source={"content": "See the link", "mediaType": "text/markdown"},
    attachment=[{"type": "Link", "href": "https://news.test/foxes"}],
    image={"type": "Image", "url": "https://lemmy.test/thumb.webp"},
    language={"identifier": "en", "name": "English"},
)
# What the group passes on may not be believed: at its origin the page reads as above.
_told = {**PAGE, "content": "<p>Forged words</p>"}

KIT = make_actor("https://piefed.test/u/kit", "kit")
_elsewhere = public(
    KIT["id"],
    "https://piefed.test/post/5",
    "Page",
    to=[FOXES["id"], PUBLIC],
    audience=FOXES["id"],
    name="A page of PieFed",
    content="<p>From another server</p>",
)
MAGAZINE = make_actor("https://mbin.test/m/owls", "owls", kind="Group")
_mbin = public(
    "https://mbin.test/u/moe",
    "https://mbin.test/m/owls/t/1",
    "Page",
    name="A thread of Mbin",
    to=[MAGAZINE["id"], PUBLIC],
    content="<p>Owls</p>",
)
FORUM = make_actor("https://nodebb.test/category/1", "general", kind="Group")
NED = make_actor("https://nodebb.test/uid/2", "ned")
_topic = public(
    NED["id"],
    "https://nodebb.test/post/7",
    "Article",
    name="A topic of NodeBB",
    summary="<p>Short</p>",
    content="<p>Long</p>",
    context="https://nodebb.test/topic/3",
    audience=FORUM["id"],
)
BOARD = make_actor("https://discourse.test/ap/actor/9", "board", kind="Group")
DEE = make_actor("https://discourse.test/ap/actor/2", "dee")
_first = public(
    DEE["id"], "https://discourse.test/ap/object/1", "Note", name="Hello", content="<p>A first post</p>"
)

# A link post whose address is on another host, as older Lemmy and lotide send it, and with a text.
LOU = make_actor("https://lotide.test/users/lou", "lou")
_link = public(
    LOU["id"],
    "https://lotide.test/posts/1",
    "Page",
    to=f"{LOU['id']}/followers",
    cc=PUBLIC,
    name="Worth seeing",
    url="https://films.test/watch?v=1&t=2",
)
_link_with_text = public(
    LOU["id"],
    "https://lotide.test/posts/2",
    "Page",
    name="A walk outside",
    content="They went outside on Wednesday. See https://news.test/walkers",
    contentMap={"en": 'They went outside on Wednesday.<br><a href="https://news.test/walk">The walk</a>'},
    url=[{"type": "Link", "href": "https://news.test/walk"}, "https://lotide.test/p/2"],
)
FAY = make_actor("https://friendica.test/profile/fay", "fay")
_shared = public(
    FAY["id"],
    "https://friendica.test/objects/shared-1",
    "Note",
    content="<p>Look at this</p>",
    attachment=[{"type": "Page", "url": "https://news.test/shared?a=1&b=2", "name": "A page"}],
)

ROWS = (
    Shape(
        software="lotide",
        followed=LOU,
        uri=_link["id"],
        sent=(act("Create", LOU["id"], _link),),
        status={"url": _link["id"], "title": "Worth seeing", "media_attachments": []},
        says=('href="https://films.test/watch?v=1&amp;t=2"',),
        page=('href="https://films.test/watch?v=1&amp;t=2"',),
    ),
    Shape(
        software="lotide_text",
        followed=LOU,
        uri=_link_with_text["id"],
        sent=(act("Create", LOU["id"], _link_with_text),),
        status={"url": "https://lotide.test/p/2", "title": "A walk outside", "media_attachments": []},
        says=("They went outside on Wednesday.", 'href="https://news.test/walk"'),
        page=("They went outside on Wednesday.", 'href="https://news.test/walk"'),
    ),
    Shape(
        software="friendica",
        followed=FAY,
        uri=_shared["id"],
        sent=(act("Create", FAY["id"], _shared),),
        status={"url": _shared["id"], "media_attachments": []},
        says=("Look at this", 'href="https://news.test/shared?a=1&amp;b=2"'),
        page=("Look at this", 'href="https://news.test/shared?a=1&amp;b=2"'),
    ),
    Shape(
        software="lemmy",
        followed=FOXES,
        uri=PAGE["id"],
        served=(JOE, PAGE),
        sent=(
            act("Announce", FOXES["id"], act("Create", JOE["id"], _told, audience=FOXES["id"])),
            act("Announce", FOXES["id"], PAGE["id"]),
        ),
        boosted=True,
        status={
            "title": "A page of Lemmy",
            "account": {"acct": "joe@lemmy.test"},
            "media_attachments": [],
            "language": "en",
            "reblogs_count": 1,
        },
        says=("A page of Lemmy", "See the link", "https://news.test/foxes"),
        page=("A page of Lemmy", "https://news.test/foxes"),
        hidden=("Forged",),
    ),
    Shape(
        software="piefed",
        followed=FOXES,
        uri=_elsewhere["id"],
        served=(KIT, _elsewhere),
        sent=(act("Announce", FOXES["id"], act("Create", KIT["id"], _elsewhere)),),
        boosted=True,
        status={"account": {"acct": "kit@piefed.test"}, "title": "A page of PieFed"},
        says=("From another server",),
        page=("From another server",),
    ),
    Shape(
        software="mbin",
        followed=MAGAZINE,
        uri=_mbin["id"],
        served=(make_actor("https://mbin.test/u/moe", "moe"), _mbin),
        sent=(act("Announce", MAGAZINE["id"], act("Create", "https://mbin.test/u/moe", _mbin["id"])),),
        boosted=True,
        status={"title": "A thread of Mbin"},
        page=("Owls",),
    ),
    Shape(
        software="nodebb",
        followed=FORUM,
        uri=_topic["id"],
        served=(NED, _topic),
        sent=(
            act("Announce", FORUM["id"], act("Create", NED["id"], _topic)),
            act("Announce", FORUM["id"], _topic["id"]),
        ),
        boosted=True,
        status={"title": "A topic of NodeBB", "spoiler_text": "", "reblogs_count": 1},
        says=("Long",),
        page=("A topic of NodeBB", "Long"),
    ),
    Shape(
        software="discourse",
        followed=BOARD,
        uri=_first["id"],
        served=(DEE, _first),
        sent=(act("Announce", BOARD["id"], act("Create", DEE["id"], _first)),),
        boosted=True,
        says=("A first post",),
        page=("A first post",),
    ),
)
