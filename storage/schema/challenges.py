"""What was asked of a browser and waits for its answer: a second step, a passkey, a provider's word."""

from sqlalchemy import BigInteger, Column, Table, Text

from storage.schema.metadata import metadata

challenges = Table(
    "challenges",
    metadata,
    Column("word_hash", Text, primary_key=True),
    Column("purpose", Text, nullable=False),  # see domain.challenges
    Column("holder_hash", Text, nullable=False, index=True),  # the browser or session that may answer
    Column("member_id", BigInteger),
    Column("data", Text, nullable=False),  # what the answer is compared with
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
)
