"""Titled things: WordPress, WriteFreely, Ghost, PeerTube, Funkwhale, Castopod, Mobilizon."""

from __future__ import annotations

from tests.journeys.shapes.shape import Shape, act, public
from tests.kit.peers import PUBLIC, make_actor

WES = make_actor(
    "https://wordpress.test/author/wes", "wes", kind="Person", url="https://wordpress.test/author/wes/"
)
_wordpress = public(
    WES["id"],
    "https://wordpress.test/p/1",
    "Article",
    name="A post of WordPress",
    summary="<p>What it is about</p>",
    content="<p>All of it</p>",
    image={
        "type": "Image",
        "url": "https://wordpress.test/i.jpg",
        "mediaType": "image/jpeg",
        "name": "Hills",
    },
)
WRI = make_actor("https://writefreely.test/api/collections/wri", "wri")
_writefreely = public(
    WRI["id"],
    "https://writefreely.test/api/posts/1",
    "Article",
    name="Without a summary",
    content="<p>Plain</p>",
)
GIL = make_actor("https://ghost.test/.ghost/activitypub/users/gil", "gil")
_ghost = public(
    GIL["id"],
    "https://ghost.test/.ghost/activitypub/article/1",
    "Article",
    name="A post of Ghost",
    content="<h2>In full</h2><p>Words</p>",
    preview={"type": "Note", "id": "https://ghost.test/.ghost/activitypub/note/1", "content": "Short"},
    image="https://ghost.test/i.png",
    url="https://ghost.test/a-post/",
)
PET = make_actor("https://peertube.test/accounts/pet", "pet")
CHANNEL = make_actor(
    "https://peertube.test/video-channels/films",
    "films",
    kind="Group",
    attributedTo=[{"type": "Person", "id": PET["id"]}],
)
_film = public(
    PET["id"],
    "https://peertube.test/videos/watch/1",
    "Video",
    attributedTo=[{"type": "Person", "id": PET["id"]}, {"type": "Group", "id": CHANNEL["id"]}],
    name="A film",
    duration="PT65S",
    sensitive=False,
    language={"identifier": "fr", "name": "French"},
    mediaType="text/markdown",
    content="About **foxes**",
    summary=None,
    icon=[
        {
            "type": "Image",
            "url": "https://peertube.test/s.jpg",
            "mediaType": "image/jpeg",
            "width": 280,
            "height": 157,
        },
        {
            "type": "Image",
            "url": "https://peertube.test/l.jpg",
            "mediaType": "image/jpeg",
            "width": 850,
            "height": 480,
        },
    ],
    url=[
        {"type": "Link", "mediaType": "text/html", "href": "https://peertube.test/w/1"},
        {
            "type": "Link",
            "mediaType": "application/x-mpegURL",
            "href": "https://peertube.test/1.m3u8",
            "tag": [
                {"type": "Infohash", "name": "ab"},
                {
                    "type": "Link",
                    "mediaType": "video/mp4",
                    "href": "https://peertube.test/1-720.mp4",
                    "height": 720,
                },
            ],
        },
        {
            "type": "Link",
            "mediaType": "application/x-bittorrent;x-scheme-handler/magnet",
            "href": "magnet:?x",
        },
    ],
)
FUN = make_actor("https://funkwhale.test/federation/actors/fun", "fun")
_sound = public(
    FUN["id"],
    "https://funkwhale.test/federation/music/uploads/1",
    "Audio",
    name="A track",
    content=None,
    image={"type": "Image", "url": "https://funkwhale.test/c.jpg", "mediaType": "image/jpeg"},
    url=[
        {"type": "Link", "mediaType": "audio/ogg", "href": "https://funkwhale.test/1.ogg"},
        {"type": "Link", "mediaType": "text/html", "href": "https://funkwhale.test/library/tracks/1"},
    ],
)
CAS = make_actor("https://castopod.test/@cas", "cas")
_episode = public(
    CAS["id"],
    "https://castopod.test/@cas/posts/1",
    "Note",
    content='<p>New episode</p><p><a href="https://castopod.test/@cas/episodes/one">One</a></p>',
)
MOB = make_actor("https://mobilizon.test/@circle", "circle", kind="Group")
ORG = make_actor("https://mobilizon.test/@org", "org")
_event = public(
    ORG["id"],
    "https://mobilizon.test/events/1",
    "Event",
    actor=ORG["id"],
    attributedTo=MOB["id"],
    name="A meeting",
    content="<p>Bring a friend</p>",
    startTime="2026-12-01T18:00:00Z",
    endTime="2026-12-01T20:00:00Z",
    timezone="Europe/Berlin",
    location={
        "type": "Place",
        "name": "Town hall",
        "address": {"type": "PostalAddress", "addressLocality": "Berlin", "streetAddress": "Main street 1"},
    },
    attachment=[
        {
            "type": "Document",
            "mediaType": "image/png",
            "name": "Banner",
            "url": "https://mobilizon.test/b.png",
        },
        {"type": "Link", "mediaType": "text/html", "name": "Website", "href": "https://circle.test/more"},
    ],
)

ROWS = (
    Shape(
        software="wordpress",
        followed=WES,
        uri=_wordpress["id"],
        sent=(act("Create", WES["id"], _wordpress),),
        status={
            "title": "A post of WordPress",
            "spoiler_text": "",
            "card": {"description": "What it is about"},
        },
        says=("A post of WordPress", "All of it"),
        page=("A post of WordPress", "All of it", "Hills"),
    ),
    Shape(
        software="writefreely",
        followed=WRI,
        uri=_writefreely["id"],
        sent=(act("Create", WRI["id"], _writefreely),),
        status={"title": "Without a summary", "card": {"title": "Without a summary"}},
        says=("Without a summary", "Plain"),
        page=("Without a summary", "Plain"),
    ),
    Shape(
        software="ghost",
        followed=GIL,
        uri=_ghost["id"],
        sent=(act("Create", GIL["id"], _ghost),),
        status={"title": "A post of Ghost", "url": "https://ghost.test/a-post/"},
        says=("In full",),
        page=("A post of Ghost", "In full"),
    ),
    Shape(
        software="peertube",
        followed=CHANNEL,
        uri=_film["id"],
        served=(PET, _film),
        sent=(act("Announce", CHANNEL["id"], _film["id"]),),
        boosted=True,
        status={
            "title": "A film",
            "url": "https://peertube.test/w/1",
            "language": "fr",
            "account": {"acct": "pet@peertube.test"},
            "media_attachments": [{"type": "video", "remote_url": "https://peertube.test/1-720.mp4"}],
            "card": {"title": "A film", "width": 850},
        },
        says=("A film", "<strong>foxes</strong>", "https://peertube.test/w/1"),
        page=("A film", "<strong>foxes</strong>", "<video", 'class="cover"'),
    ),
    Shape(
        software="funkwhale",
        followed=FUN,
        uri=_sound["id"],
        sent=(act("Create", FUN["id"], _sound),),
        status={"title": "A track", "media_attachments": [{"type": "audio"}]},
        says=("https://funkwhale.test/library/tracks/1",),
        page=("A track", "<audio"),
    ),
    Shape(
        software="castopod",
        followed=CAS,
        uri=_episode["id"],
        sent=(act("Create", CAS["id"], _episode),),
        says=("New episode", "https://castopod.test/@cas/episodes/one"),
        page=("New episode",),
    ),
    Shape(
        software="mobilizon",
        followed=MOB,
        uri=_event["id"],
        served=(ORG,),
        sent=(act("Create", MOB["id"], _event, to=[PUBLIC]),),
        status={"title": "A meeting", "media_attachments": [{"type": "image", "description": "Banner"}]},
        says=(
            "A meeting",
            "2026-12-01 18:00 UTC",
            "Town hall",
            "Berlin",
            "Bring a friend",
            "https://circle.test/more",
        ),
        page=("2026-12-01 18:00 UTC", "Town hall", "Banner"),
    ),
)
