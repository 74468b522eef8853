"""Acts of moderators: each is chained to the one before, with seals of what is private, and cannot be changed"""

import hashlib
import json
import secrets
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0016"

KINDS = {
    "peer": "peer",
    "report": "report",
    "member": "member",
    "invitation": "invitation",
    "tag": "tag",
    "trend": "trend",
    "trends": "setting",
    "suggestions": "suggestions",
    "ip": "network",
    "email": "mail address",
    "email_domain": "mail domain",
}
FIXED = (
    "id", "seq", "verb", "role", "rule", "at", "expires_at", "undoes_id", "subject_kind", "subject_name",
    "by_seal", "target_seal", "reason_seal", "previous_hash", "hash",
)  # fmt: skip
TELLS = "what an act says cannot be changed"
STAYS = "acts cannot be deleted"


def upgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    op.drop_index("ix_acts_target", "acts")
    op.rename_table("acts", "old_acts")
    if postgresql:
        op.execute("ALTER TABLE old_acts RENAME CONSTRAINT pk_acts TO pk_old_acts")
    acts, heads = _tables()
    _chain(acts, heads)
    op.drop_table("old_acts")
    for name, columns, unique in (
        ("ix_acts_target", ["target"], False),
        ("ix_acts_actor_member_id", ["actor_member_id"], False),
        ("uq_acts_seq", ["seq"], True),
        ("uq_acts_previous_hash", ["previous_hash"], True),
    ):
        op.create_index(name, "acts", columns, unique=unique)
    _guard_postgresql() if postgresql else _guard_sqlite()


def _tables() -> "tuple[sa.Table, sa.Table]":
    texts = ("verb", "role", "rule", "subject_kind", "subject_name", "by_seal", "target_seal", "reason_seal")
    private = ("by_salt", "target", "target_salt", "reason", "reason_salt")
    acts = op.create_table(
        "acts",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        *[sa.Column(name, sa.Text(), nullable=False) for name in (*texts, "previous_hash", "hash", *private)],
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("undoes_id", sa.BigInteger(), nullable=True),
        sa.Column("actor_member_id", sa.BigInteger(), nullable=True),
        sa.Column("shows_reason", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acts")),
    )
    heads = op.create_table(
        "act_heads",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_act_heads")),
    )
    return acts, heads


def _chain(acts: sa.Table, heads: sa.Table) -> None:
    """Old acts were written for moderators alone: everybody sees of them neither reason nor name."""
    bind = op.get_bind()
    found = bind.execute(
        sa.text(
            "SELECT old_acts.id, actor_member_id, verb, target, rule, reason, at, expires_at, undoes_id, "
            "accounts.domain FROM old_acts LEFT JOIN accounts ON accounts.uri = old_acts.target "
            "ORDER BY old_acts.id"
        )
    )
    seq, last = 0, ""
    for old in found.mappings().all():
        seq += 1
        new = _entry(dict(old), seq, last)
        last = new["hash"]
        bind.execute(sa.insert(acts).values(**new))
    if seq:
        bind.execute(sa.insert(heads).values(id=1, seq=seq, hash=last))


def _entry(old: dict[str, object], seq: int, previous: str) -> dict[str, str]:
    domain = old.pop("domain")
    kind = str(old["verb"]).partition(".")[0]
    if kind == "account":
        kind = "account" if domain else "member"
    new: dict[str, object] = {
        **old,
        "seq": seq,
        "role": "" if old["actor_member_id"] else "operator",
        "subject_kind": KINDS.get(kind, kind),
        "subject_name": domain or "",
        "previous_hash": previous,
        "shows_reason": not old["reason"],
    }
    for name, value in (("by", old["actor_member_id"]), ("target", old["target"]), ("reason", old["reason"])):
        salt = new[f"{name}_salt"] = secrets.token_hex(16)
        said = "" if value is None else str(value)
        new[f"{name}_seal"] = hashlib.sha256(f"{salt}\n{said}".encode()).hexdigest()
    hashed = {
        "number": seq,
        "id": str(new["id"]),
        "at": _iso(new["at"]),
        "act": new["verb"],
        "role": new["role"],
        "rule": new["rule"],
        "until": _iso(new["expires_at"]),
        "undoes": None if new["undoes_id"] is None else str(new["undoes_id"]),
        "subject": {"kind": new["subject_kind"], "name": new["subject_name"]},
        "seals": {"by": new["by_seal"], "subject": new["target_seal"], "reason": new["reason_seal"]},
        "previous": previous,
    }
    text = json.dumps(hashed, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return {**new, "hash": hashlib.sha256(text.encode()).hexdigest()}  # type: ignore[dict-item]


def _iso(moment: object) -> str | None:
    if moment is None:
        return None
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(str(moment)))
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _kept(same: str) -> str:
    """Every fixed column as it was, and each private pair as it was or empty."""
    kept = [f"NEW.{name} {same} OLD.{name}" for name in FIXED]
    for value, empty, salt in (
        ("actor_member_id", "NULL", "by_salt"),
        ("target", "''", "target_salt"),
        ("reason", "''", "reason_salt"),
    ):
        dropped = f"NEW.{value} {same} {empty} AND NEW.{salt} = ''"
        kept.append(f"(({dropped}) OR (NEW.{value} {same} OLD.{value} AND NEW.{salt} = OLD.{salt}))")
    kept.append("(NEW.shows_reason = OLD.shows_reason OR NOT NEW.shows_reason)")
    return " AND ".join(kept)


def _guard_sqlite() -> None:
    # Whoever makes `acts` anew must make these anew too.
    op.execute(
        # guard: the log: triggers @when
        f"CREATE TRIGGER acts_tell BEFORE UPDATE ON acts WHEN NOT ({_kept('IS')}) "
        f"BEGIN SELECT RAISE(ABORT, '{TELLS}'); END"
    )
    op.execute(
        f"CREATE TRIGGER acts_stay BEFORE DELETE ON acts BEGIN SELECT RAISE(ABORT, '{STAYS}'); END"
    )


def _guard_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION refuse_act() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER acts_tell BEFORE UPDATE ON acts FOR EACH ROW "
        f"WHEN (NOT ({_kept('IS NOT DISTINCT FROM')})) EXECUTE FUNCTION refuse_act('{TELLS}')"
    )
    op.execute(
        f"CREATE TRIGGER acts_stay BEFORE DELETE ON acts FOR EACH ROW EXECUTE FUNCTION refuse_act('{STAYS}')"
    )
    op.execute(
        "CREATE TRIGGER acts_whole BEFORE TRUNCATE ON acts FOR EACH STATEMENT "
        f"EXECUTE FUNCTION refuse_act('{STAYS}')"
    )
