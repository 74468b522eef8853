"""The metadata and the kinds of columns that all tables share.

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


def owner_key(name: str, target: str, *, index: bool = False, primary_key: bool = False) -> "Column[int]":
    """Return a foreign key to the row that owns this one, which is deleted with its owner."""
    return Column(
        name,
        BigInteger,
        ForeignKey(target, ondelete="CASCADE"),
        nullable=False,
        index=index,
        primary_key=primary_key,
        autoincrement=False,
    )


def optional_key(name: str, target: str, *, index: bool = False) -> "Column[int]":
    """Return a foreign key that becomes NULL when the other row is deleted."""
    return Column(name, BigInteger, ForeignKey(target, ondelete="SET NULL"), index=index)


def pair_table(name: str, *more: "Column[object]") -> Table:
    """Return a table of pairs in which `account_id` does something to `target_id`."""
    return Table(
        name,
        metadata,
        key(),
        owner_key("account_id", "accounts.id"),
        owner_key("target_id", "accounts.id"),
        *more,
        UniqueConstraint("account_id", "target_id"),
        Index(f"ix_{name}_target_id_id", "target_id", "id"),
        Index(f"ix_{name}_account_id_id", "account_id", "id"),
    )
