"""Rows of texts, tags, emoji and media."""

from msgspec import Struct


class MediaRow(Struct, frozen=True, gc=False):
    """A file attached, or to be attached, to a post."""

    id: int
    account_id: int
    post_id: int | None
    position: int
    kind: str
    content_type: str
    file_key: str
    preview_key: str
    remote_url: str
    description: str
    blurhash: str | None
    focus_x: float
    focus_y: float
    width: int | None
    height: int | None
    preview_width: int | None
    preview_height: int | None
    bytes: int
    created_at: int
    state: str = "ready"
    problem: str = ""
    duration: float | None = None
    frame_rate: str | None = None
    bitrate: int | None = None


class AutosaveRow(Struct, frozen=True, gc=False):
    """The fields of a form, as JSON, that a member has written and not sent yet."""

    id: int
    account_id: int
    slot: str
    fields: str
    saved_at: int


class RemoteFileRow(Struct, frozen=True, gc=False):
    """A cached file of a peer."""

    subject_id: int
    shape: str
    url: str
    file_key: str
    preview_key: str
    bytes: int
    used_at: int


class EmojiRow(Struct, frozen=True, gc=False):
    """A custom emoji of this node."""

    id: int
    shortcode: str
    category: str | None
    file_key: str
    static_key: str
    content_type: str
    created_at: int
    disabled: bool = False


class TagRow(Struct, frozen=True, gc=False):
    """A hashtag."""

    id: int
    name: str
    display: str
    usable: bool | None = None
    trendable: bool | None = None
    listable: bool | None = None
    reviewed_at: int | None = None
