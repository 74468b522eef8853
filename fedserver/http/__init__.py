"""What the surfaces share: declared endpoints, sessions, paging, errors, limits.

What a surface needs to declare and answer is named here.
"""

from fedserver.http.endpoint import (
    ADMIN,
    ANYONE,
    APP,
    MODERATOR,
    USER,
    Answer,
    Call,
    Endpoint,
    Nothing,
    Routes,
)
from fedserver.http.fields import convert
from fedserver.http.html import Pages, mark_language, own_page, see_other
from fedserver.http.json import encode, json_response
from fedserver.http.locale_cookie import set_locale_cookie
from fedserver.http.paging import Listed, listed, listed_by_offset, offset_of
from fedserver.http.services import Services
from fedserver.http.session import bearer
from fedserver.http.uploads import Upload

__all__ = [
    "ADMIN",
    "ANYONE",
    "APP",
    "MODERATOR",
    "USER",
    "Answer",
    "Call",
    "Endpoint",
    "Listed",
    "Nothing",
    "Pages",
    "Routes",
    "Services",
    "Upload",
    "bearer",
    "convert",
    "encode",
    "json_response",
    "listed",
    "listed_by_offset",
    "mark_language",
    "offset_of",
    "own_page",
    "see_other",
    "set_locale_cookie",
]
