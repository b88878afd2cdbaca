"""A year of finished calls, by the hundred thousand, as triggers would have counted them."""

import hashlib
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from calltrace.db.connections import connect
from calltrace.scorecards.catalogue import default_scorecard

AGENTS, QUEUES, CENTRES, PROJECTS, ENGAGEMENTS = 300, 20, 5, 10, 12
QUEUES_OF_AN_AGENT = 3
CALLS_OF_A_SURVEY = 20
"""One call in so many is followed by a survey."""
_AT_ONCE = 50_000
_NAMED = {
    "agents": AGENTS,
    "queues": QUEUES,
    "call_centers": CENTRES,
    "projects": PROJECTS,
    "engagements": ENGAGEMENTS,
}
_TABLES = (*_NAMED, "analyses", "insight_facts", "surveys", "survey_facts")
# Ids follow from numbers, so that the same calls can be made in pieces.
_ID = "md5('{0}' || ({1})::text)::uuid"


def named_id(kind: str, number: int) -> uuid.UUID:
    """The id of an agent, queue and so on."""
    return uuid.UUID(hashlib.md5(f"{kind}{number}".encode(), usedforsecurity=False).hexdigest())


async def store(dsn: str, org_id: uuid.UUID, count: int, last: date, say: Callable[[str], None]) -> None:
    """Write ``count`` completed analyses over the year that ends with ``last``, and their facts.

    Triggers and row-level security, which holds the owner too, rest meanwhile: what triggers would write is
    written at once.
    """
    owner: Any = await connect(dsn, None)
    try:
        for table in _TABLES:
            await owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER, NO FORCE ROW LEVEL SECURITY")
        for kind, many in _NAMED.items():
            await owner.execute(_NAMES.format(kind=kind, id=_ID.format(kind, "n")), org_id, many)
        ends = datetime.combine(last + timedelta(days=1), datetime.min.time(), UTC)
        for first in range(1, count + 1, _AT_ONCE):
            until = min(first + _AT_ONCE - 1, count)
            await owner.execute(_ANALYSES, org_id, first, until, count, ends)
            await owner.execute(
                _FACTS,
                org_id,
                first,
                until,
                [one.key for one in default_scorecard().criteria],
                str(default_scorecard().id),
            )
            for statement in (_SURVEYS, _SURVEY_FACTS):
                await owner.execute(statement, org_id, first, until)
            say(f"insights: {until} of {count} calls are there")
        for table in _TABLES:
            await owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER, FORCE ROW LEVEL SECURITY")
        await owner.execute("ANALYZE")
    finally:
        await owner.close()


_NAMES = """
INSERT INTO {kind} (id, org_id, name)
SELECT {id}, $1, '{kind} ' || n FROM generate_series(0, $2::int - 1) AS n
"""
# Calls come from eight to eight. A queue is a campaign: of one project, and of one engagement.
_ANALYSES = f"""
INSERT INTO analyses (id, org_id, created_at, completed_at, called_at, status, stage, percent, file_url,
    external_id, duration_seconds, channels, sample_rate, metadata, agent_id, queue_id, call_center_id,
    project_id, engagement_id, ai_call)
SELECT {_ID.format("call", "n")}, $1, moment, moment, moment,
    CASE WHEN n % 50 = 0 THEN 'failed' ELSE 'completed' END, 'done', 100, 'https://localhost/call.mp3',
    'bench-' || n, 60 + n % 600, 2, 8000, '{{}}',
    {_ID.format("agents", "agent")}, {_ID.format("queues", "queue")},
    {_ID.format("call_centers", f"agent % {CENTRES}")}, {_ID.format("projects", f"queue % {PROJECTS}")},
    {_ID.format("engagements", f"queue % {ENGAGEMENTS}")}, n % 10 = 0
FROM generate_series($2::int, $3::int) AS n,
    LATERAL (SELECT abs(hashint4(n)::bigint) % {AGENTS} AS agent) AS taking,
    LATERAL (SELECT abs(hashint4(-n)::bigint) AS chance) AS drawn,
    LATERAL (SELECT (agent + chance % {QUEUES_OF_AN_AGENT}) % {QUEUES} AS queue) AS called,
    LATERAL (SELECT $5::timestamptz - interval '1 day' * (1 + (n::bigint - 1) * 365 / $4::int)
        + interval '8 hours' + interval '1 second' * (chance % 43200) AS moment) AS times
"""
_FACTS = f"""
INSERT INTO insight_facts (analysis_id, org_id, mode, called_at, project_id, engagement_id, call_center_id,
    queue_id, agent_id, ai_call, state, duration_ms, silence_ms, evaluation_id, scorecard_id, score, passed,
    mood, effort, escalated, criteria, verdicts, notes)
SELECT a.id, a.org_id, a.mode, a.called_at, a.project_id, a.engagement_id, a.call_center_id, a.queue_id,
    a.agent_id, a.ai_call, a.status, a.duration_seconds * 1000, a.duration_seconds * 90, said.*
FROM generate_series($2::int, $3::int) AS n JOIN analyses a ON a.id = {_ID.format("call", "n")}
    CROSS JOIN LATERAL (SELECT abs(hashint4(n + 2)::bigint)::int AS chance) AS drawn
    CROSS JOIN LATERAL (SELECT cardinality($4::text[]) AS lines) AS judged
    LEFT JOIN LATERAL (
        SELECT a.id, $5::text, chance % 1001, chance % 1001 > 600,
            (ARRAY['positive', 'neutral', 'negative'])[1 + chance % 3], 1 + chance % 5, chance % 17 = 0,
            $4::text[], left(repeat(substr('mmmpnmmar', 1 + chance % 5, 5), 9), lines),
            array_fill(chance % 1001, ARRAY[lines])
    ) AS said ON a.status = 'completed'
WHERE a.org_id = $1
"""
_SURVEYS = f"""
INSERT INTO surveys (id, org_id, analysis_id, state, total_questions, questions_answered, calculated_score)
SELECT {_ID.format("survey", "n")}, $1, {_ID.format("call", "n")},
    CASE WHEN n % 3 = 0 THEN 'NotStarted' ELSE 'Completed' END, 1, CASE WHEN n % 3 = 0 THEN 0 ELSE 1 END,
    CASE WHEN n % 3 <> 0 THEN 1 + abs(hashint4(n)::bigint) % 5 END
FROM generate_series($2::int, $3::int) AS n WHERE n % {CALLS_OF_A_SURVEY} = 1
"""
_SURVEY_FACTS = f"""
INSERT INTO survey_facts (survey_id, org_id, mode, called_at, project_id, engagement_id, call_center_id,
    queue_id, agent_id, answered, said, scored)
SELECT s.id, s.org_id, f.mode, f.called_at, f.project_id, f.engagement_id, f.call_center_id, f.queue_id,
    f.agent_id, s.state <> 'NotStarted', s.calculated_score, f.score / 10.0
FROM generate_series($2::int, $3::int) AS n JOIN surveys s ON s.id = {_ID.format("survey", "n")}
    JOIN insight_facts f ON f.analysis_id = s.analysis_id
WHERE s.org_id = $1
"""
