"""Names of accounts as search compares them; options of polls are searched, too"""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

BATCH = 1000
# As `fedserver.text.fold` has it now: marks that people leave out, and letters that Unicode does not take apart.
MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f\u00ad\u200b-\u200f\u2060\ufeff]"
)
LETTERS = str.maketrans(dict(zip("øłđħŧıæœþðŋ", "o l d h t i ae oe th d n".split(), strict=True)))


def upgrade() -> None:
    with op.batch_alter_table("accounts") as table:
        table.add_column(sa.Column("name_folded", sa.Text(), nullable=False, server_default=""))
    with op.batch_alter_table("accounts") as table:
        table.alter_column("name_folded", server_default=None)
    connection, last = op.get_bind(), -1
    some = sa.text("SELECT id, display_name FROM accounts WHERE id > :last ORDER BY id LIMIT :batch")
    write = sa.text("UPDATE accounts SET name_folded = :folded WHERE id = :id")
    while found := connection.execute(some, {"last": last, "batch": BATCH}).all():
        connection.execute(write, [{"id": row[0], "folded": _fold(row[1])} for row in found])
        last = found[-1][0]
    op.execute(
        "INSERT INTO tasks (id, kind, payload, dedupe, run_at, leased_until, attempts, dead_at, error) "
        "SELECT 2, 'index_posts', '{\"kind\":\"index_posts\"}', 'index_posts', 0, 0, 0, NULL, '' "
        "WHERE EXISTS (SELECT 1 FROM polls) ON CONFLICT DO NOTHING"
    )


def _fold(name: str) -> str:
    apart = MARKS.sub("", unicodedata.normalize("NFKD", name).casefold())
    return unicodedata.normalize("NFKC", apart.translate(LETTERS))
