"""Notes, short ones mostly: of Mastodon, GoToSocial, Akkoma, Misskey, Pixelfed and others."""

from __future__ import annotations

from tests.journeys.shapes.shape import Shape, act, emoji, public
from tests.kit.peers import PUBLIC, make_actor

MAX = make_actor("https://mastodon.test/users/max", "max")
QUOTED = public(
    MAX["id"], "https://mastodon.test/users/max/statuses/1", "Note", content="<p>To be quoted</p>"
)
_poll = public(
    MAX["id"],
    "https://mastodon.test/users/max/statuses/2",
    "Question",
    summary="Colours",
    sensitive=True,
    content="<p>Which one? :fox:</p>",
    contentMap={"en": "<p>Which one? :fox:</p>"},
    tag=[emoji("mastodon.test", "fox", id="https://mastodon.test/emojis/1")],
    attachment=[],
    endTime="2026-11-30T10:00:00Z",
    votersCount=3,
    oneOf=[
        {"type": "Note", "name": "red", "replies": {"type": "Collection", "totalItems": 2}},
        {"type": "Note", "name": "blue", "replies": {"type": "Collection", "totalItems": 1}},
    ],
)
_quote = public(
    MAX["id"],
    "https://mastodon.test/users/max/statuses/3",
    "Note",
    content='<p class="quote-inline">RE: <a href="https://mastodon.test/@max/1">1</a></p><p>Look</p>',
    quote=QUOTED["id"],
    quoteUri=QUOTED["id"],
    _misskey_quote=QUOTED["id"],
)
_edited = public(MAX["id"], "https://mastodon.test/users/max/statuses/4", "Note", content="<p>Frist</p>")

GUS = make_actor("https://gts.test/users/gus", "gus", publicKey=None)
GUS["publicKey"] = {
    "id": f"{GUS['id']}#main-key",
    "owner": GUS["id"],
    "publicKeyPem": MAX["publicKey"]["publicKeyPem"],
}
_single = public(
    GUS["id"],
    "https://gts.test/users/gus/statuses/01A",
    "Note",
    content="<p>One <b>picture</b> #fox</p>",
    to=PUBLIC,
    cc=f"{GUS['id']}/followers",
    tag={"type": "Hashtag", "name": "#fox", "href": "https://gts.test/tags/fox"},
    attachment={
        "type": "Image",
        "mediaType": "image/png",
        "url": "https://gts.test/f/1.png",
        "summary": "A fox",
    },
    interactionPolicy={
        "canReply": {"always": PUBLIC, "automaticApproval": PUBLIC},
        "canQuote": {"automaticApproval": f"{GUS['id']}/followers"},
    },
)

AKI = make_actor("https://akkoma.test/users/aki", "aki")
_akkoma = public(
    AKI["id"],
    "https://akkoma.test/objects/1",
    "Note",
    actor=AKI["id"],
    content="I like this :cat:",
    source={"content": "I like this :cat:", "mediaType": "text/plain"},
    quoteUrl=QUOTED["id"],
    context="https://akkoma.test/contexts/1",
    conversation="https://akkoma.test/contexts/1",
    tag=[emoji("akkoma.test", "cat", id=None)],
)

MIA = make_actor("https://misskey.test/users/9mia", "mia", isCat=True, _misskey_summary="cat")
_her = public(MIA["id"], "https://misskey.test/notes/9", "Note", content="<p>Hers before</p>")
_misskey = public(
    MIA["id"],
    "https://misskey.test/notes/9a",
    "Note",
    content="<p><span>Renote with words</span></p>",
    _misskey_content="Renote with **words**",
    source={"content": "Renote with **words**", "mediaType": "text/x.misskeymarkdown"},
    _misskey_quote=_her["id"],
    quoteUrl=_her["id"],
    summary=None,
)

PIA = make_actor("https://pixelfed.test/users/pia", "pia")
_pictures = public(
    PIA["id"],
    "https://pixelfed.test/p/pia/1",
    "Note",
    content="Two pictures",
    summary=None,
    attachment=[
        {
            "type": "Document",
            "mediaType": "image/jpeg",
            "url": f"https://pixelfed.test/m/{number}.jpg",
            "name": None,
        }
        for number in (1, 2)
    ],
)

FRI = make_actor("https://friendica.test/profile/fri", "fri", url=["https://friendica.test/profile/fri"])
_friendica = public(
    FRI["id"],
    "https://friendica.test/objects/1",
    "Page",
    name="A wall post",
    content='<p>With <img src="https://friendica.test/p.png" alt="a picture"> inside</p>',
    diaspora={"guid": "1"},
    image=[],
)

MIT = make_actor("https://mitra.test/users/mit", "mit", endpoints=None)
_mitra = public(MIT["id"], "https://mitra.test/objects/1", "Note", content="<p>With a proof</p>")

HAN = make_actor("https://hollo.test/@han", "han")
_his = public(HAN["id"], "https://hollo.test/@han/0", "Note", content="<p>His before</p>")
_hollo = public(
    HAN["id"],
    "https://hollo.test/@han/1",
    "Note",
    content="<p>Quotes by a tag</p>",
    tag=[
        {
            "type": "Link",
            "mediaType": 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
            "rel": "https://misskey-hub.net/ns#_misskey_quote",
            "href": _his["id"],
            "name": "RE: it",
        }
    ],
)

THEA = make_actor("https://threads.test/ap/users/1", "thea")
_threads = public(THEA["id"], "https://threads.test/ap/users/1/post/2", "Note", content="<p>From Threads</p>")

BO = make_actor("https://bookwyrm.test/user/bo", "bo")
_book = public(
    BO["id"],
    "https://bookwyrm.test/user/bo/comment/1",
    "Note",
    content='<p>Good so far</p><p>(comment on <a href="https://bookwyrm.test/book/1">"A Book"</a>)</p>',
    attachment=[{"type": "Document", "url": "https://bookwyrm.test/cover.jpg", "name": "A cover"}],
)

SMI = make_actor("https://smithereen.test/users/1", "smi", capabilities={"acceptsJoins": True})
_wall = public(
    SMI["id"],
    "https://smithereen.test/posts/1",
    "Note",
    content="<p>On my wall</p>",
    target={"type": "Collection", "id": f"{SMI['id']}/wall", "attributedTo": SMI["id"]},
)


def make_shape(software: str, followed: dict, note: dict, **more: object) -> Shape:  # type: ignore[type-arg]
    sent = more.pop("sent", (act("Create", followed["id"], note),))
    return Shape(software=software, followed=followed, uri=note["id"], sent=sent, **more)  # type: ignore[arg-type]


ROWS = (
    make_shape(
        "mastodon-poll",
        MAX,
        _poll,
        status={
            "spoiler_text": "Colours",
            "sensitive": True,
            "language": "en",
            "emojis": [{"shortcode": "fox"}],
            "poll": {"votes_count": 3, "options": [{"title": "red", "votes_count": 2}, {"title": "blue"}]},
        },
        says=("Which one?",),
        page=("Colours", "red", "blue"),
    ),
    make_shape(
        "mastodon-quote",
        MAX,
        _quote,
        served=(QUOTED,),
        status={"quote": {"state": "accepted", "quoted_status": {"uri": QUOTED["id"]}}},
        says=("Look",),
        page=("To be quoted", "Look"),
    ),
    make_shape(
        "mastodon-edit",
        MAX,
        _edited,
        sent=(
            act("Create", MAX["id"], _edited),
            act(
                "Update", MAX["id"], {**_edited, "content": "<p>First</p>", "updated": "2026-11-18T11:00:00Z"}
            ),
        ),
        status={"edited_at": "2026-11-18T11:00:00.000Z", "content": "<p>First</p>"},
        page=("First", "Edited"),
    ),
    make_shape(
        "gotosocial",
        GUS,
        _single,
        status={
            "tags": [{"name": "fox"}],
            "media_attachments": [{"type": "image", "description": "A fox"}],
            "quote_approval": {"automatic": ["followers"]},
            "visibility": "public",
        },
        page=("A fox",),
    ),
    make_shape(
        "akkoma",
        AKI,
        _akkoma,
        served=(QUOTED, MAX),
        # Whom it quotes was not asked: the words are shown alone.
        status={
            "quote": {"state": "unauthorized"},
            "emojis": [{"shortcode": "cat"}],
        },
        says=("I like this",),
        page=("I like this",),
    ),
    make_shape(
        "misskey",
        MIA,
        _misskey,
        served=(_her,),
        status={"quote": {"state": "accepted", "quoted_status": {"uri": _her["id"]}}, "spoiler_text": ""},
        says=("Renote with words",),
        page=("Hers before", "Renote with words"),
    ),
    make_shape(
        "pixelfed",
        PIA,
        _pictures,
        status={"media_attachments": [{"type": "image"}, {"type": "image"}], "spoiler_text": ""},
        page=("Two pictures", "/media/proxy/"),
    ),
    make_shape(
        "friendica",
        FRI,
        _friendica,
        status={"title": "A wall post", "spoiler_text": ""},
        says=("A wall post", "With", "inside"),
        page=("A wall post", "inside"),
    ),
    make_shape("mitra", MIT, _mitra, status={"content": "<p>With a proof</p>"}, page=("With a proof",)),
    make_shape(
        "hollo",
        HAN,
        _hollo,
        served=(_his,),
        status={"quote": {"state": "accepted", "quoted_status": {"uri": _his["id"]}}},
        page=("His before",),
    ),
    make_shape("threads", THEA, _threads, says=("From Threads",), page=("From Threads",)),
    make_shape(
        "bookwyrm",
        BO,
        _book,
        status={"media_attachments": [{"description": "A cover"}]},
        says=("Good so far", "https://bookwyrm.test/book/1"),
        page=("A Book",),
    ),
    make_shape("smithereen", SMI, _wall, says=("On my wall",), page=("On my wall",)),
)
