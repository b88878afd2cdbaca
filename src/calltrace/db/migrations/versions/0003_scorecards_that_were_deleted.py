"""A deleted scorecard keeps its versions, because evaluations are pinned to them, and gives its id free."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("scorecards", sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_constraint(op.f("uq_scorecards_org_id_external_id"), "scorecards", type_="unique")
    op.create_index(
        "uq_scorecards_org_id_external_id",
        "scorecards",
        ["org_id", "external_id"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
