"""Emoji reactions: EmojiReact (FEP-c0e0), and a Like with an emoji, as Misskey sends it."""

from __future__ import annotations

from msgspec import Struct

from activitypub import document as read
from activitypub.document import Document
from activitypub.objects import CustomEmoji, read_emojis
from activitypub.terms import REACTION_CONTEXT

KINDS = ("Like", "EmojiReact")


class Reaction(Struct, frozen=True):
    """An emoji: a character, or the shortcode of a picture at `url`."""

    name: str
    url: str = ""


def read_reaction(document: Document) -> Reaction | None:
    """Return the emoji of an activity, None if it has none, or a picture without an address."""
    if not read.type_of(document, KINDS):
        return None
    name = read.text(document.get("content"), 200) or read.text(document.get("_misskey_reaction"), 200)
    name = name.strip()
    if len(name) < 3 or not (name.startswith(":") and name.endswith(":")):
        return Reaction(name) if name else None
    # Misskey adds a host: `:fox@.:` is its own, `:fox@other.example:` was seen elsewhere.
    shortcode = name.strip(":").partition("@")[0]
    pictures = {emoji.shortcode: emoji.url for emoji in read_emojis(document.get("tag"))}
    url = pictures.get(shortcode) or pictures.get(name.strip(":"))
    return Reaction(shortcode, url) if url else None


def with_reaction(like: Document, reaction: Reaction) -> Document:
    """Return a Like with its emoji: software that does not know reactions sees a Like."""
    name = f":{reaction.name}:" if reaction.url else reaction.name
    activity = {**like, "@context": REACTION_CONTEXT, "content": name, "_misskey_reaction": name}
    return (
        {**activity, "tag": [CustomEmoji(reaction.name, reaction.url).write()]} if reaction.url else activity
    )
