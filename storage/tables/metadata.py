"""What all tables share.

Column types are few on purpose: BigInteger (ids; times in ms UTC), Integer, Text (JSON is text
too), Boolean, Float, LargeBinary. They need no conversion by SQLAlchemy, so statements can run on the
drivers directly. No defaults on the Python side: every insert names its values.
"""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, MetaData, Table, UniqueConstraint

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def key() -> "Column[int]":
    """Return the primary key of most tables: an id that sorts by time."""
    return Column("id", BigInteger, primary_key=True, autoincrement=False)


def owned(name: str, target: str, *, index: bool = False, primary_key: bool = False) -> "Column[int]":
    """Return a reference to the row that owns this one: it is deleted with its owner."""
    return Column(
        name,
        BigInteger,
        ForeignKey(target, ondelete="CASCADE"),
        nullable=False,
        index=index,
        primary_key=primary_key,
        autoincrement=False,
    )


def linked(name: str, target: str, *, index: bool = False) -> "Column[int]":
    """Return a reference that becomes empty when the other row is deleted."""
    return Column(name, BigInteger, ForeignKey(target, ondelete="SET NULL"), index=index)


def pair_table(name: str, *more: "Column[object]") -> Table:
    """Return a table of pairs in which `account_id` does something to `target_id`."""
    return Table(
        name,
        metadata,
        key(),
        owned("account_id", "accounts.id"),
        owned("target_id", "accounts.id"),
        *more,
        UniqueConstraint("account_id", "target_id"),
        Index(f"ix_{name}_target_id_id", "target_id", "id"),
        Index(f"ix_{name}_account_id_id", "account_id", "id"),
    )
