"""Rows of web push."""

from msgspec import Struct


class PushSubscriptionRow(Struct, frozen=True, gc=False):
    """What a client wants to be told, and where."""

    id: int
    token_id: int
    account_id: int
    endpoint: str
    public_key: str
    auth_secret: str
    standard: bool
    alerts: str
    policy: str
    sealed_token: str
    created_at: int

    def __repr__(self) -> str:
        """Without secrets, as rows end in logs."""
        return f"PushSubscriptionRow(id={self.id}, account_id={self.account_id})"


class PushKeyRow(Struct, frozen=True, gc=False):
    """The pair of keys by which push services know this node."""

    id: int
    private: str
    public: str
    created_at: int

    def __repr__(self) -> str:
        """Without the private key, as rows end in logs."""
        return f"PushKeyRow(public={self.public})"
