"""The database itself keeps tenants apart, whatever a query forgets."""

import importlib
import inspect
import uuid
from collections.abc import Callable
from datetime import timedelta
from importlib.resources import files
from pkgutil import iter_modules
from typing import Any

import pytest
from sqlalchemy import text, true
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import audit, codes, keys, sessions, usage
from calltrace.accounts.audit import OPERATOR, Deed
from calltrace.accounts.models import Answer, RefreshToken, RequestCount, Subscription
from calltrace.accounts.queries import PersonFilter
from calltrace.accounts.service import create_user
from calltrace.accounts.sessions import Visitor
from calltrace.alerts.models import Alert, AlertRule
from calltrace.alerts.queries import AlertFilters, PastFilters
from calltrace.analyses import submit
from calltrace.analyses.list_queries import Filters
from calltrace.analyses.models import Analysis, EvaluationRow, TranscriptRow
from calltrace.batches.models import Batch, BatchCall
from calltrace.catalog.models import Agent, CallCenter, Engagement, Project, Queue
from calltrace.conversations import queries as conversations
from calltrace.conversations.filters import Filters as TalkFilters
from calltrace.conversations.models import ChatMessage, Conversation, VoiceCall
from calltrace.db.listing import NameFilter, Slice
from calltrace.db.session import APP_ROLE, Database
from calltrace.db.tables import FEATURES
from calltrace.insights.models import Export, Zone
from calltrace.insights.period import Period
from calltrace.insights.queries import Narrowing, Question
from calltrace.insights.sums import CELLS
from calltrace.kit import clock
from calltrace.kit.cursor import Cursor
from calltrace.mail.models import Mail
from calltrace.pipeline.context import Platform
from calltrace.recordings import objects, sound
from calltrace.recordings.models import Recording, Upload, UploadPiece
from calltrace.recordings.vault import Stored
from calltrace.reviews.models import (
    Acknowledgement,
    Appeal,
    Calibration,
    CalibrationMember,
    CoachingNote,
    Comment,
    Override,
    ReviewItem,
    ReviewRule,
    Standing,
    Team,
    TeamMember,
    TeamSupervisor,
)
from calltrace.scorecards import drafts
from calltrace.scorecards import service as scorecards
from calltrace.scorecards.catalogue import default_scorecard
from calltrace.webhooks import service as webhooks
from calltrace.webhooks.models import Attempt, Endpoint, SigningSecret
from calltrace.webhooks.queries import DeliveryFilters
from database.analyses.factory import WAVEFORM
from database.conftest import submission

TENANT_TABLES = """
    SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity,
           (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'tenant') AS policies,
           pg_get_userbyid(c.relowner) AS owner
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')
      AND (c.relname = 'organisations' OR EXISTS (
          SELECT 1 FROM pg_attribute a
          WHERE a.attrelid = c.oid AND a.attname = 'org_id' AND NOT a.attisdropped))
"""
"""Every table that belongs to organisations, read from the catalogue and not from a list of ours."""


async def test_every_tenant_table_forces_row_level_security(database: Database) -> None:
    async with database.operator() as session:
        tables = (await session.execute(text(TENANT_TABLES))).all()
    assert len(tables) >= 12
    for name, enabled, forced, policies, owner in tables:
        assert (enabled, forced, policies) == (True, True, 1), name
        assert owner != APP_ROLE, name


async def test_every_other_table_belongs_to_the_engines(database: Database) -> None:
    query = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
    async with database.operator() as session:
        every = set((await session.scalars(text(query))).all())
        tenant = {row[0] for row in (await session.execute(text(TENANT_TABLES))).all()}
    assert {name for name in every - tenant if not name.startswith("pgqueuer")} == {
        "alembic_version",
        "rate_counters",  # names nobody: subjects are digests
        "spent_signatures",  # the same
        "workers",  # of the installation, as are the next
        "milestones",
    }


async def test_the_application_is_neither_superuser_nor_able_to_bypass(
    database: Database, org: uuid.UUID
) -> None:
    query = "SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
    async with database.tenant(org) as session:
        assert (await session.execute(text(query))).one() == (APP_ROLE, False, False)


async def test_a_reset_does_not_shed_the_role(database: Database, org: uuid.UUID) -> None:
    async with database.tenant(org) as session:
        await session.execute(text("RESET ROLE"))
        assert await session.scalar(text("SELECT current_user")) == APP_ROLE


async def test_a_row_for_another_organisation_cannot_be_written(
    database: Database, org: uuid.UUID, new_org: Callable[[], Any]
) -> None:
    other = await new_org()
    with pytest.raises(DBAPIError, match="row-level security"):
        async with database.tenant(org) as session:
            session.add(Agent(org_id=other, name="intruder"))


async def test_without_an_organisation_nothing_is_visible(database: Database, caller: Any) -> None:
    assert caller.token
    async with database.operator() as session:
        names = [row[0] for row in (await session.execute(text(TENANT_TABLES))).all()]
    async with database.presenting("no such hash") as session:
        for name in names:
            assert await session.scalar(text(f"SELECT count(*) FROM {name}")) == 0, name


async def _fill(platform: Platform, org: uuid.UUID) -> dict[str, Any]:
    """Rows of one organisation in every table, and for each query the arguments that name them."""
    database, name = platform.database, f"victim {uuid.uuid4()}"
    async with database.tenant(org) as session:
        stored = await scorecards.create(session, org, OPERATOR, default_scorecard(), "victim")
        stored.row.is_default = True
        changed = default_scorecard().model_copy(update={"name": "Drafted"})
        await drafts.save(session, OPERATOR, stored.row.id, changed)
        agent, queue = await _add_labels(session, org, stored.row.id)
        key, _token = await keys.create(session, org, name=name)
        user, _password = await create_user(session, org, f"{uuid.uuid4()}@v.test", "owner", "long enough")
        signed_in, _token = await sessions.start(session, user, Visitor(None, None))
        code = await codes.issue(session, user, "reset")
        endpoint, _secret = await webhooks.create_endpoint(
            session, org, url="https://127.0.0.1/hook", events=["analysis.created"],
            box=platform.box, policy=platform.policy,
        )  # fmt: skip
    wanted = submission(idempotency_key=name, external_id="victim", agent_id=agent.id)
    intake = submit.Intake(database, platform.client, platform.limits, platform.uploads, probe=False)
    accepted = await submit.submit(intake, org, key.id, wanted)
    async with database.tenant(org) as session:
        recording = Recording(
            org_id=org,
            object_key="o",
            sealed_key="k",
            size_bytes=1,
            sha256="0",
            media="wav",
            content_type=None,
        )
        evaluation = EvaluationRow(org_id=org, analysis_id=accepted.analysis_id, status="queued")
        session.add_all([recording, evaluation])
        await session.flush()
        copy = Stored("c", "k", 1, "0")
        await objects.doom(session, org, [copy.object_key], after=objects.UNCLAIMED)
        await sound.keep(session, recording, WAVEFORM, copy)
        erased = Deed("analysis.erased", accepted.analysis_id, {"mode": "live", "erased": {}})
        receipt = await audit.record(session, org, OPERATOR, erased)
        await objects.doom(session, org, [f"{org}/doomed"])
        await session.flush()
        await session.execute(
            text("UPDATE analyses SET recording_id = :id, queue_id = :queue, heard_language = 'en'"),
            {"id": recording.id, "queue": queue.id},
        )
        await session.execute(
            text("DELETE FROM pgqueuer WHERE dedupe_key LIKE :key"), {"key": f"process%{org}%"}
        )
        delivery_id = await session.scalar(text("SELECT id FROM webhook_deliveries"))
        moment = clock.now()
        session.add(
            Attempt(
                org_id=org,
                delivery_id=delivery_id,
                number=1,
                status="failed",
                started_at=moment,
                finished_at=moment,
            )
        )
        await session.execute(text("UPDATE webhook_deliveries SET status = 'failed'"))
        single = _add_single(session, org)
        gone, _secret = await webhooks.create_endpoint(
            session, org, url="https://127.0.0.1/gone", events=["analysis.failed"],
            box=platform.box, policy=platform.policy,
        )  # fmt: skip
        gone.deleted_at = moment
        gone.previous_secrets = [{"sealed": "x", "until": clock.iso(moment)}]
        await _keep_for_a_time(session, org)
        mail = Mail(
            org_id=org,
            recipient=user.email,
            subject="s",
            body="b",
            next_attempt_at=moment - timedelta(days=1),
        )
        session.add(mail)
        await session.flush()
        await usage.heard(session, org, "live", accepted.analysis_id, seconds=1, key_id=key.id)
        refresh = await _add_credentials(session, org, user.id, name)
        upload_id = await _add_upload(session, org)
        batch = await _add_batch(session, org, stored.row.id)
        reviewed = await _review(session, org, accepted.analysis_id, agent.id, user.id)
        alerted, talked = await _alert(session, org), await _talked(session, org)
    common = {
        "agent_id": agent.id, "agent_name": agent.name, "queue_id": queue.id,
        "analysis_id": accepted.analysis_id, "key": name,
        "evaluation_id": evaluation.id, "version_id": None, "key_ids": [key.id],
        "analysis_ids": [accepted.analysis_id], "ids": [accepted.analysis_id],
        "receipt_id": receipt.id,
        "target_id": str(accepted.analysis_id),
        "token_hash": key.token_hash, "mode": "live", "delivery_id": delivery_id,
        "endpoint_id": endpoint.id,
        "event": "analysis.created", "events": ["analysis.created"], "contract": "calltrace",
        "single_id": single.id, "operation": "POST /x", "token_id": refresh,
        "model": Agent, "row_id": agent.id,
        "email": user.email, "filters": Filters(), "after": None, "limit": 100,
        "older_than": timedelta(seconds=-60), "scorecard_id": stored.row.id, "external_id": "victim",
        "names": NameFilter(), "part": Slice(None, 100), "below": None, "org_id": org, "since": moment,
        "user_id": user.id, "session_id": signed_in.id, "session_ids": [signed_in.id],
        "idle_since": moment - timedelta(days=1), "session_hash": signed_in.token_hash,
        "mail_id": mail.id, "now": moment + timedelta(seconds=1), "which": DeliveryFilters(),
        "settled_before": moment + timedelta(seconds=1),
        "batch_id": batch.id, "batch_ids": [batch.id], "kind": "backtest", "above": 0,
        "code_hash": codes.code_hash("reset", code), "person_filter": PersonFilter(),
        "before": moment + timedelta(days=1), "floor": None, "trail": None,
        "begins": "", "until": moment + timedelta(days=2), "by": "month", "only": [agent.id], "over": False,
        **reviewed, **alerted, "emails": [user.email], "scorecard_ids": [str(stored.row.id)],
        "recording_id": recording.id, "upload_id": upload_id, "late": timedelta(0),
        "keep": [queue.id], "archived": False,
    }  # fmt: skip
    texts = {
        "organisation_by_id_or_name": str(org),
        "key_by_id_or_prefix": name,
        "endpoint": str(endpoint.id),
        "agent_known_as": str(agent.id),
        "queues_named": str(queue.id),
        "scorecards_named": str(stored.row.id),
    }
    return {"common": common, "texts": texts, "conversations": talked, "special": _special(queue)}


def _special(queue: Queue) -> dict[str, dict[str, Any]]:
    """What queries call otherwise than the others do."""
    return {
        "types": {"model": Queue},
        "found": {"part_of_name": "", "wanted": {}},
        "agents_by_name": {"part": ""},
        "under_way": {"expected": 1.0},
        "newer": {"than": Cursor(clock.now() - timedelta(days=9), uuid.UUID(int=0)), "most": 9},
        "last_calls": {"column": "queue_id", "only": [queue.id], "agents": None},
    }


async def _count(
    session: AsyncSession, org: uuid.UUID, analysis_id: uuid.UUID, agent_id: uuid.UUID, user_id: uuid.UUID
) -> dict[str, Any]:
    """The call is counted as judged, its sums can be used, and somebody exports them."""
    judged = "score = 500, escalated = false, criteria = '{k}', verdicts = 'm', notes = '{1000}'"
    await session.execute(
        text(f"UPDATE insight_facts SET {judged} WHERE analysis_id = :id"), {"id": analysis_id}
    )
    period = Period.recent(30, "UTC", clock.now())
    export = Export(org_id=org, mode="live", kind="calls", format="csv", asked={}, user_id=user_id)
    note = CoachingNote(org_id=org, agent_id=agent_id, text="n", actor_kind="user", actor="x")
    session.add_all([Zone(org_id=org, zone="UTC", ready=True), export, note])
    await session.flush()
    return {
        "zone": "UTC", "question": Question(Narrowing(), period), "narrowing": Narrowing(), "period": period,
        "dimension": "agent_id", "export_id": export.id, "note_id": note.id,
        "family": CELLS,
    }  # fmt: skip


async def _keep_for_a_time(session: AsyncSession, org: uuid.UUID) -> None:
    """An organisation that keeps recordings for a time, and a call that has ended and has one."""
    kept = Recording(
        org_id=org, object_key="k", sealed_key="k", size_bytes=1, sha256="0", media="wav", content_type=None
    )
    session.add(kept)
    await session.flush()
    session.add(
        Analysis(org_id=org, file_url="https://127.0.0.1/e.mp3", status="completed", recording_id=kept.id)
    )
    await session.execute(text("UPDATE organisations SET recordings_kept_days = 1"))


async def _add_labels(session: AsyncSession, org: uuid.UUID, scorecard_id: uuid.UUID) -> tuple[Agent, Queue]:
    """One of each kind that calls are sorted by."""
    place = CallCenter(org_id=org, name="c", external_id="victim")
    project = Project(org_id=org, name="p", external_id="victim")
    session.add_all([place, project, Engagement(org_id=org, name="e", external_id="victim")])
    await session.flush()
    agent = Agent(org_id=org, name="a", call_center_id=place.id)
    queue = Queue(org_id=org, name="q", kind="sales", scorecard_id=scorecard_id)
    session.add_all([agent, queue, Engagement(org_id=org, name="e", is_default=True)])
    await session.flush()
    return agent, queue


def _add_single(session: AsyncSession, org: uuid.UUID) -> Endpoint:
    """A URL that came with an analysis, and what it is signed with."""
    single = Endpoint(
        org_id=org, contract="calltrace", mode="live", url="https://127.0.0.1/single", single_of="x",
        events=["analysis.failed"], sealed_secret="x", previous_secrets=[],
    )  # fmt: skip
    secret = SigningSecret(org_id=org, contract="calltrace", mode="live", sealed_secret="x")
    session.add_all([single, secret])
    return single


async def _add_credentials(session: AsyncSession, org: uuid.UUID, user_id: uuid.UUID, name: str) -> uuid.UUID:
    """A refresh token, a key of a person, and an answer to be given again."""
    refresh = RefreshToken(org_id=org, user_id=user_id, family=org, expires_at=clock.now())
    answer = Answer(org_id=org, mode="live", operation="POST /x", key=name, request_hash="x")
    session.add_all([refresh, answer])
    await keys.create(session, org, name="own", more={"user_id": user_id})
    session.add(Subscription(org_id=org, mode="live", test_plan="free"))
    today = clock.now().date()
    session.add(RequestCount(org_id=org, day=today, contract="calltrace", mode="live", count=1))
    await session.flush()
    return refresh.id


async def _add_batch(session: AsyncSession, org: uuid.UUID, scorecard_id: uuid.UUID) -> Batch:
    """A back-test of which one call was judged, one waits and one failed."""
    calls = [Analysis(org_id=org, file_url=f"https://127.0.0.1/{n}.mp3") for n in range(3)]
    batch = Batch(
        org_id=org, kind="backtest", mode="live", selected=3, scorecard_id=scorecard_id, document={"a": 1}
    )
    session.add_all([*calls, batch])
    await session.flush()
    before, after = ({"score": score, "passed": True, "verdicts": {"a": "met"}} for score in (1.0, 2.0))
    rows: list[dict[str, Any]] = [
        {"status": "done", "before": before, "after": after},
        {"status": "waiting"},
        {"status": "failed", "code": "x"},
    ]
    for number, (call, values) in enumerate(zip(calls, rows, strict=True)):
        row = BatchCall(org_id=org, batch_id=batch.id, analysis_id=call.id, position=number + 1, **values)
        session.add(row)
    await session.flush()
    return batch


async def _review(
    session: AsyncSession, org: uuid.UUID, analysis_id: uuid.UUID, agent_id: uuid.UUID, user_id: uuid.UUID
) -> dict[str, Any]:
    """What people did with the call, and what the queries of reviews call it."""
    evaluation = EvaluationRow(
        org_id=org, analysis_id=analysis_id, status="completed", document={}, human_lines=1
    )
    team = Team(org_id=org, name="t", external_id="victim")
    session.add_all([evaluation, team])
    await session.flush()
    session.add_all(
        [TeamMember(org_id=org, team_id=team.id, agent_id=agent_id),
         TeamSupervisor(org_id=org, team_id=team.id, user_id=user_id)]
    )  # fmt: skip
    override = Override(
        org_id=org, analysis_id=analysis_id, evaluation_id=evaluation.id, scorecard_id=uuid.uuid4(),
        criterion_key="k", revision=1, decision="confirmed", verdict="met", reason="", machine_verdict="met",
        before={}, after={}, actor_kind="user", actor_id=user_id, actor="x",
    )  # fmt: skip
    comment = Comment(
        org_id=org, analysis_id=analysis_id, text="c", shared=True, actor_kind="user", actor="x"
    )
    rule = ReviewRule(org_id=org, name="r", external_id="victim", kind="quota", settings={"count": 1})
    session.add_all([override, comment, rule])
    await session.flush()
    reasons = [{"ruleId": str(rule.id), "kind": "quota", "name": "r"}]
    item = ReviewItem(org_id=org, analysis_id=analysis_id, reasons=reasons, assignee_id=user_id)
    standing = Standing(org_id=org, scorecard_id=override.scorecard_id, criterion_key="k")
    calibration = Calibration(
        org_id=org, analysis_id=analysis_id, evaluation_id=evaluation.id, state="closed",
        scorecard_id=override.scorecard_id, closed_at=clock.now(), machine={"k": "met"},
    )  # fmt: skip
    seen = Acknowledgement(org_id=org, analysis_id=analysis_id, evaluation_id=evaluation.id, user_id=user_id)
    appeal = Appeal(
        org_id=org, analysis_id=analysis_id, evaluation_id=evaluation.id, criterion_key="k", reason="r"
    )
    session.add_all([item, standing, calibration, seen, appeal])
    await session.flush()
    session.add(
        CalibrationMember(org_id=org, calibration_id=calibration.id, user_id=user_id, verdicts={"k": "met"})
    )
    await session.flush()
    return {
        "judged_id": evaluation.id, "team_ids": [team.id], "agent_ids": [agent_id], "user_ids": [user_id],
        "comment_id": comment.id, "shared_only": True, "rule_id": str(rule.id), "item_id": item.id,
        "criterion_key": "k", "after_moment": clock.now() - timedelta(days=1),
        "judged_by": override.scorecard_id, "calibration_ids": [calibration.id], "appeal_id": appeal.id,
        "agents": [agent_id], "state": "open", "assignee_id": user_id,
        **await _count(session, org, analysis_id, agent_id, user_id),
    }  # fmt: skip


async def _alert(session: AsyncSession, org: uuid.UUID) -> dict[str, Any]:
    """A call of before with an alert, and what the queries of alerts call it."""
    call = Analysis(org_id=org, file_url="https://127.0.0.1/past.mp3", status="completed")
    rule = AlertRule(org_id=org, name="r", external_id="victim", conditions={})
    session.add_all([call, rule])
    await session.flush()
    alert = Alert(
        org_id=org, rule_id=rule.id, rule_name="r", analysis_id=call.id, mode="live", message="m", reasons=[]
    )
    heard = TranscriptRow(org_id=org, analysis_id=call.id, document={"segments": []})
    judged = EvaluationRow(org_id=org, analysis_id=call.id, status="completed", document={})
    session.add_all([alert, heard, judged])
    await session.flush()
    return {
        "alert_id": alert.id, "alerts_of": AlertFilters("live"), "calls_of": PastFilters("live"),
        "analysis": Analysis(org_id=org), "lock": False,
    }  # fmt: skip


async def _add_upload(session: AsyncSession, org: uuid.UUID) -> uuid.UUID:
    """One that expired, with a piece."""
    past = clock.now() - timedelta(minutes=1)
    upload = Upload(org_id=org, object_prefix="u", sealed_key="k", direct=False, expires_at=past)
    session.add(upload)
    await session.flush()
    session.add(UploadPiece(org_id=org, upload_id=upload.id, number=0, object_key="u/0", size_bytes=1))
    await session.flush()
    return upload.id


async def _talked(session: AsyncSession, org: uuid.UUID) -> dict[str, Any]:
    """A call of a bot, turn by turn, and what the queries of conversations call it."""
    call = Analysis(org_id=org, file_url="https://127.0.0.1/bot.mp3", status="completed")
    session.add(call)
    await session.flush()
    work = Engagement(org_id=org, name="victim's")
    session.add(work)
    await session.flush()
    talk = Conversation(
        org_id=org, kind="voice", channel_id="c", started_at=clock.now(), analysis_id=call.id,
        engagement_id=work.id,
    )  # fmt: skip
    session.add(talk)
    await session.flush()
    turn = ChatMessage(
        org_id=org, conversation_id=talk.id, position=0, role="bot", content="x", sent_at=clock.now(),
        external_id="victim",
    )  # fmt: skip
    session.add_all([turn, VoiceCall(org_id=org, id=talk.id)])
    await session.flush()
    return {
        "conversation_id": talk.id, "analysis_id": call.id, "only": [talk.id],
        "filters": TalkFilters(), "also": true(), "engagement_id": work.id, "up_to": clock.now(),
    }  # fmt: skip


def _every_query() -> list[Callable[..., Any]]:
    modules = [
        importlib.import_module(module.name)
        for name in FEATURES
        for module in iter_modules([str(files("calltrace").joinpath(*name.split(".")))], f"calltrace.{name}.")
        if module.name.endswith("queries")
    ]
    return [
        function
        for module in modules
        for _name, function in inspect.getmembers(module, inspect.iscoroutinefunction)
        if function.__module__ == module.__name__
    ]


def _arguments(query: Callable[..., Any], victim: dict[str, Any]) -> dict[str, Any]:
    known = victim["common"] | {"text": victim["texts"].get(query.__name__)}
    if query.__module__ == conversations.__name__:  # a word of theirs is another's elsewhere
        known |= victim["conversations"]
    known |= victim["special"].get(query.__name__, {})
    names = [name for name in inspect.signature(query).parameters if name != "session"]
    missing = [name for name in names if known.get(name, ...) is ...]
    assert not missing, f"teach this test what {missing} of {query.__name__} could name"
    return {name: known[name] for name in names}


@pytest.mark.parametrize("query", _every_query(), ids=lambda query: f"{query.__module__}.{query.__name__}")
async def test_no_query_reads_another_organisations_rows(
    query: Callable[..., Any], platform: Platform, org: uuid.UUID, new_org: Callable[[], Any]
) -> None:
    arguments = _arguments(query, await _fill(platform, org))
    async with platform.database.tenant(org) as session:
        assert await query(session, **arguments), "the owner must find it, or the test proves nothing"
    intruder = await new_org()
    async with platform.database.tenant(intruder) as session:
        found = await query(session, **arguments)
    if query.__name__ == "presented_key":
        assert found.token_hash == arguments["token_hash"], (
            "whoever knows the token may: it is the credential"
        )
    elif query.__name__ == "organisations":
        assert [one.id for one in found] == [intruder]
    else:
        assert not found
