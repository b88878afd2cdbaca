"""Row-level security: the policies that every tenant table gets, forced even on the owner.

Without a set organisation nothing is visible. API keys are also visible to whoever presents their
hash, because that is how a request finds out which organisation it belongs to.
"""

from sqlalchemy import text

from calltrace.db.session import APP_ROLE, OPERATOR_ROLE

CURRENT_ORG = "nullif(current_setting('calltrace.org_id', true), '')::uuid"
PRESENTED = "nullif(current_setting('calltrace.presented_hash', true), '')"

BY_INDEX = text(
    "SELECT set_config('enable_seqscan', 'off', true),"
    " set_config('plan_cache_mode', 'force_custom_plan', true)"
)
"""For the rest of a transaction that looks for a few of many rows.

The planner takes policies for free. They ask for each row of a table whose it is, but for an index once.
And what it has planned five times for the values it saw, it plans for any values from then on: with 200,000
calls, the step that looks for a word of 20 of them took 85 ms then, in place of 3.
"""


def protect(table: str, *, column: str = "org_id") -> list[str]:
    """SQL that forces row-level security on one tenant table and lets both roles work on it."""
    return [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY tenant ON {table} USING ({column} = {CURRENT_ORG})",
        f"CREATE POLICY operator ON {table} TO {OPERATOR_ROLE} USING (true) WITH CHECK (true)",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {APP_ROLE}, {OPERATOR_ROLE}",
    ]


def present(table: str, hash_column: str) -> str:
    """SQL that shows one row to whoever presents its hash; it cannot be changed that way."""
    return f"CREATE POLICY presented ON {table} FOR SELECT TO {APP_ROLE} USING ({hash_column} = {PRESENTED})"


def create_roles() -> list[str]:
    """SQL that makes the two roles, once per server, and lets the connecting role become them."""
    return [statement for role in (APP_ROLE, OPERATOR_ROLE) for statement in _create_role(role)]


def _create_role(role: str) -> tuple[str, str, str]:
    create = f"CREATE ROLE {role} NOLOGIN NOSUPERUSER NOBYPASSRLS"
    return (
        f"DO $$ BEGIN {create}; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$",
        _GRANT.format(role=role),
        f"GRANT USAGE ON SCHEMA public TO {role}",
    )


# A role that an administrator made and granted cannot be granted again by us: that is fine.
_GRANT = """DO $$ BEGIN GRANT {role} TO CURRENT_USER;
EXCEPTION WHEN insufficient_privilege THEN
    IF NOT pg_has_role(current_user, '{role}', 'MEMBER') THEN RAISE; END IF;
END $$"""
