"""What months cost, what of it the payment service was told, addresses to be confirmed, calls by contact."""

import sqlalchemy as sa
from alembic import op

from calltrace.db import rls

revision = "0040"
down_revision = "0039"


def _of_a_tenant(
    *columns: sa.Column[object] | sa.Constraint,
) -> tuple[sa.Column[object] | sa.Constraint, ...]:
    moment = sa.text("clock_timestamp()")
    return (
        sa.Column("id", sa.Uuid(), primary_key=True, nullable=False),
        sa.Column("org_id", sa.Uuid(), sa.ForeignKey("organisations.id", ondelete="CASCADE"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=moment, nullable=False),
        *columns,
    )


def upgrade() -> None:
    op.create_table(
        "plan_changes",
        *_of_a_tenant(
            sa.Column("before", sa.String(20), nullable=False),
            sa.Column("plan", sa.String(20), nullable=False),
        ),
    )
    op.create_index("ix_plan_changes_org_id", "plan_changes", ["org_id", "created_at"])
    op.create_table(
        "invoices",
        *_of_a_tenant(
            sa.Column("month", sa.Date(), nullable=False),
            sa.Column("plan", sa.String(20), nullable=False),
            sa.Column("price", sa.Numeric(12, 2), nullable=False),
            sa.Column("minutes", sa.Numeric(14, 1), nullable=False),
            sa.Column("minutes_included", sa.Integer(), nullable=True),
            sa.Column("minutes_over", sa.Numeric(14, 1), nullable=False),
            sa.Column("over_cost", sa.Numeric(12, 2), nullable=False),
            sa.UniqueConstraint("org_id", "month"),
        ),
    )
    op.create_table(
        "meter_reports",
        *_of_a_tenant(
            sa.Column("month", sa.Date(), nullable=False),
            sa.Column("cents", sa.BigInteger(), nullable=False),
            sa.Column("first_tried_at", sa.DateTime(timezone=True), nullable=True),
            sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True),
            sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
            sa.Column("unclear", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        ),
    )
    op.create_index("ix_meter_reports_month", "meter_reports", ["org_id", "month"])
    op.create_index(
        "ix_meter_reports_waiting", "meter_reports", ["org_id"],
        postgresql_where=sa.text("sent_at IS NULL AND NOT unclear"),
    )  # fmt: skip
    op.add_column("users", sa.Column("former_email", sa.String(320), nullable=True))
    op.add_column("users", sa.Column("moved_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_users_unconfirmed", "users", ["moved_at"], postgresql_where=sa.text("moved_at IS NOT NULL")
    )
    newest = [sa.text("created_at DESC"), sa.text("id DESC")]
    op.drop_index("ix_analyses_org_id", "analyses")
    op.create_index(
        "ix_analyses_org_id", "analyses", ["org_id", "mode", *newest],
        postgresql_include=["status", "agent_id", "contact_id", "called_at"],
    )  # fmt: skip
    op.create_index(
        "ix_analyses_contact_id", "analyses",
        ["org_id", "mode", "contact_id", *newest],
        postgresql_where=sa.text("contact_id IS NOT NULL"),
    )  # fmt: skip
    for table in ("plan_changes", "invoices", "meter_reports"):
        for statement in rls.protect(table):
            op.execute(statement)
    for statement in _NOTED:
        op.execute(statement)


# Whoever changes a plan: what was heard before is counted by the plan of before.
_NOTED = (
    """
CREATE FUNCTION note_plan() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO plan_changes (id, org_id, before, plan)
    VALUES (gen_random_uuid(), NEW.id, OLD.plan, NEW.plan);
    RETURN NULL;
END $$""",
    """
CREATE TRIGGER plan_noted AFTER UPDATE OF plan ON organisations
FOR EACH ROW WHEN (OLD.plan IS DISTINCT FROM NEW.plan) EXECUTE FUNCTION note_plan()""",
)
