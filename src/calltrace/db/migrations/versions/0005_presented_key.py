"""An API key is found in one round trip: a function shows one row to whoever presents its hash."""

from alembic import op

from calltrace.db.session import APP_ROLE, OPERATOR_ROLE

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute("""
        CREATE FUNCTION presented_key(hash text) RETURNS SETOF api_keys
        LANGUAGE sql STABLE STRICT SECURITY DEFINER SET search_path = public, pg_temp
        AS $$ SELECT * FROM api_keys WHERE token_hash = hash $$
    """)
    op.execute("DROP POLICY presented ON api_keys")
    op.execute("REVOKE ALL ON FUNCTION presented_key FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION presented_key TO {APP_ROLE}")
    # it reads as the operator does: the owner of the tables is held by row-level security itself
    op.execute(f"GRANT CREATE ON SCHEMA public TO {OPERATOR_ROLE}")
    op.execute(f"ALTER FUNCTION presented_key OWNER TO {OPERATOR_ROLE}")
    op.execute(f"REVOKE CREATE ON SCHEMA public FROM {OPERATOR_ROLE}")
