"""The rules of the community; speaks neither HTTP nor ActivityPub.

Named here is what every rule and every caller of one needs: who asks, of which node, and what can go
wrong.
"""

from fedserver.domain.callers import Caller, may_act
from fedserver.domain.errors import (
    DomainError,
    Forbidden,
    Gone,
    Invalid,
    Later,
    NotFound,
    TooMany,
    Unauthorized,
)
from fedserver.domain.site import Site

__all__ = [
    "Caller",
    "DomainError",
    "Forbidden",
    "Gone",
    "Invalid",
    "Later",
    "NotFound",
    "Site",
    "TooMany",
    "Unauthorized",
    "may_act",
]
