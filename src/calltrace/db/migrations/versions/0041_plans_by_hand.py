"""Plans that the operator gives stand over what is paid for; lists leave out chats; deliveries stay counted."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
_NEWEST = [sa.text("created_at DESC"), sa.text("id DESC")]
_ENDED = [sa.text("completed_at DESC"), sa.text("id DESC")]


# A delivery that is removed (old, of a deleted endpoint, of an erased call) was still sent in its month: the
# ledger keeps how many there were on each day. Where the organisation itself goes there is nothing to keep.
_GONE = (
    """
CREATE FUNCTION count_gone_deliveries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO usage_entries (id, org_id, created_at, what, quantity, unit, mode, resource_id)
    SELECT gen_random_uuid(), gone.org_id, max(gone.created_at), 'webhook', count(*), 'delivery',
        endpoint.mode, gen_random_uuid()
    FROM gone JOIN webhook_endpoints AS endpoint ON endpoint.id = gone.endpoint_id
    WHERE EXISTS (SELECT FROM organisations WHERE id = gone.org_id)
    GROUP BY gone.org_id, endpoint.mode, timezone('UTC', gone.created_at)::date;
    RETURN NULL;
END $$""",
    """
CREATE TRIGGER deliveries_gone AFTER DELETE ON webhook_deliveries
REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION count_gone_deliveries()""",
)


def upgrade() -> None:
    for statement in _GONE:
        op.execute(statement)
    op.add_column("subscriptions", sa.Column("set_aside", sa.String(255), nullable=True))
    for name in ("ix_analyses_org_id", "ix_analyses_completed_at"):
        op.drop_index(name, "analyses")
    op.create_index(
        "ix_analyses_org_id", "analyses", ["org_id", "mode", *_NEWEST],
        postgresql_include=["status", "agent_id", "contact_id", "called_at", "medium"],
    )  # fmt: skip
    op.create_index(
        "ix_analyses_completed_at", "analyses", ["org_id", "mode", *_ENDED],
        postgresql_include=["medium"], postgresql_where=sa.text("status = 'completed'"),
    )  # fmt: skip
