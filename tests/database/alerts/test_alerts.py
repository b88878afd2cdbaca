"""Alerts as calls are evaluated: once, in that transaction, told to whoever wants to know."""

import asyncio
import json
import uuid
from typing import Any

import pytest
from sqlalchemy import text

from calltrace.accounts.audit import OPERATOR
from calltrace.accounts.errors import AlreadyExistsError, ForbiddenError
from calltrace.accounts.service import create_user
from calltrace.alerts import rules, service, trial
from calltrace.alerts.models import Alert, AlertRule
from calltrace.alerts.queries import AlertFilters
from calltrace.analyses import erase, evaluation_work, evaluations, lifecycle
from calltrace.analyses.document import ProcessingDocument
from calltrace.analyses.evaluations import Wish
from calltrace.analyses.lifecycle import Claim
from calltrace.analyses.models import Analysis
from calltrace.analyses.submit import Intake
from calltrace.catalog import service as catalog
from calltrace.catalog.service import AGENTS, PROJECTS
from calltrace.db.connections import connect
from calltrace.db.outage import DatabaseAwayError
from calltrace.db.session import Database
from calltrace.dialects.callcenterrate import ids
from calltrace.kit import clock
from calltrace.kit.errors import InvalidRequestError, NotFoundError
from calltrace.kit.ids import uuid7
from calltrace.pipeline.context import Platform
from calltrace.reviews.who import Who
from calltrace.webhooks import service as webhooks
from database.analyses.factory import EVALUATION, TRANSCRIPT, claimed, heard, submitted
from database.conftest import NewOrg, count

URL = "https://calls.test"
LOW = {"conditions": [{"kind": "score", "operator": "under", "value": 90}]}
HIGH = {"conditions": [{"kind": "score", "operator": "over", "value": 90}]}
MORNING = {"conditions": [{"kind": "keyword", "words": ["morning"]}]}


async def new_rule(database: Database, org: uuid.UUID, **values: Any) -> AlertRule:
    async with database.tenant(org) as session:
        return await rules.create(session, Who(org, OPERATOR), {"name": "Low", "conditions": LOW, **values})


async def evaluated(platform: Platform, intake: Intake, org: uuid.UUID, **changes: Any) -> uuid.UUID:
    """A call that a worker brings to its end, as ``pipeline.steps`` does."""
    claim = await claimed(intake, org, await submitted(intake, org, **changes))
    await heard(platform, claim)
    async with platform.database.tenant(org) as session:
        await lifecycle.complete(session, claim, TRANSCRIPT, EVALUATION, ProcessingDocument(), platform.links)
        await service.judge(session, claim.analysis_id, TRANSCRIPT, EVALUATION, URL)
    return claim.analysis_id


async def raised(database: Database, org: uuid.UUID, reader: Who | None = None, **which: Any) -> list[Alert]:
    async with database.tenant(org) as session:
        found, _ = await service.page(
            session,
            reader or Who(org, OPERATOR),
            AlertFilters(**{"mode": None, **which}),
            cursor=None,
            limit=50,
        )
    return [one.row for one in found]


@pytest.mark.accepts("CR-035")
async def test_a_rule_that_matches_raises_one_alert(
    platform: Platform, intake: Intake, org: uuid.UUID
) -> None:
    rule = await new_rule(platform.database, org)
    await new_rule(platform.database, org, name="High", conditions=HIGH)
    await new_rule(platform.database, org, name="Off", enabled=False)
    done = await evaluated(platform, intake, org)
    [alert] = await raised(platform.database, org)
    assert (alert.rule_id, alert.rule_name, alert.analysis_id, alert.score) == (rule.id, "Low", done, 82.0)
    assert alert.message == "The score is 82, under 90."
    assert alert.reasons == [{"text": alert.message, "segmentId": None, "start": None}]


@pytest.mark.accepts("CR-033", "CR-035")
async def test_subscribers_of_both_contracts_are_told_in_the_same_transaction(
    platform: Platform, intake: Intake, org: uuid.UUID
) -> None:
    wanted = ("https://127.0.0.1/hook", ["alert.created"], platform.box, platform.policy)
    async with platform.database.tenant(org) as session:
        for contract in ("calltrace", "callcenterrate"):
            await webhooks.create_endpoint(session, org, *wanted, contract=contract)
    rule = await new_rule(platform.database, org, conditions=MORNING)
    done = await evaluated(platform, intake, org, external_id="crm-1", metadata={"a": 1})
    [alert] = await raised(platform.database, org)
    async with platform.database.tenant(org) as session:
        query = text("SELECT body FROM webhook_deliveries ORDER BY body LIKE '{\"id%'")
        native, theirs = [json.loads(one) for one in await session.scalars(query)]
    assert {name: native[name] for name in ("event", "alertId", "ruleId", "analysisId", "externalId")} == {
        "event": "alert.created", "alertId": str(alert.id), "ruleId": str(rule.id), "analysisId": str(done),
        "externalId": "crm-1",
    }  # fmt: skip
    assert native["metadata"] == {"a": 1}
    assert list(theirs) == ["id", "event", "created_at", "data"]
    assert theirs["data"] == {
        "alert_id": ids.encode("other", alert.id), "rule_id": ids.encode("other", rule.id),
        "rule_name": "Low", "analysis_id": ids.encode("analysis", done),
        "audio_file_id": ids.encode("audio", done),
        "project_id": None, "overall_score": 82.0, "message": alert.message,
    }  # fmt: skip
    assert list(theirs["data"])[:3] == ["alert_id", "rule_id", "rule_name"]


async def test_there_is_a_limit_to_the_rules_of_an_organisation(
    database: Database, org: uuid.UUID, new_org: NewOrg, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "MOST_RULES", 2)
    made = await asyncio.gather(*(new_rule(database, org) for _ in range(4)), return_exceptions=True)
    assert sum(isinstance(one, rules.TooManyAlertRulesError) for one in made) == 2
    assert await new_rule(database, await new_org()), "of others nothing is counted"


async def test_nobody_who_is_deactivated_is_named_to_be_told(database: Database, org: uuid.UUID) -> None:
    async with database.tenant(org) as session:
        email = f"{uuid.uuid4()}@v.test"
        gone, _ = await create_user(session, org, email, "owner", "long enough")
        gone.deactivated_at = clock.now()
    with pytest.raises(InvalidRequestError, match="emails names"):
        await new_rule(database, org, emails=[email])


async def _changes(database: Database, org: uuid.UUID, rule: AlertRule, deed: str, go: asyncio.Event) -> None:
    """Change or delete a rule, and commit that once told to."""
    async with database.tenant(org) as session:
        if deed == "delete":
            await rules.remove(session, Who(org, OPERATOR), rule.id)
        else:
            await rules.change(session, Who(org, OPERATOR), rule.id, {"conditions": HIGH})
        go.set()
        await asyncio.sleep(0.3)


@pytest.mark.parametrize("deed", ["change", "delete"])
async def test_a_rule_that_changes_while_a_call_is_judged_counts_as_it_is_then(
    platform: Platform, intake: Intake, org: uuid.UUID, deed: str
) -> None:
    """The call would match the rule of before: nothing is raised by what nobody sees any more."""
    rule, changed = await new_rule(platform.database, org), asyncio.Event()
    changing = asyncio.create_task(_changes(platform.database, org, rule, deed, changed))
    await changed.wait()
    done = await evaluated(platform, intake, org)
    assert changing.done(), "the call waited for what was under way"
    await changing
    assert await raised(platform.database, org) == []
    async with platform.database.tenant(org) as session:
        assert (await session.get_one(Analysis, done)).status == "completed"


@pytest.mark.parametrize("deed", ["change", "delete"])
async def test_a_rule_that_changes_after_a_call_was_judged_waits_for_it(
    platform: Platform, intake: Intake, org: uuid.UUID, deed: str
) -> None:
    rule, changed = await new_rule(platform.database, org), asyncio.Event()
    claim = await claimed(intake, org, await submitted(intake, org))
    await heard(platform, claim)
    async with platform.database.tenant(org) as session:
        await lifecycle.complete(session, claim, TRANSCRIPT, EVALUATION, ProcessingDocument(), platform.links)
        assert await service.judge(session, claim.analysis_id, TRANSCRIPT, EVALUATION, URL) == 1
        changing = asyncio.create_task(_changes(platform.database, org, rule, deed, changed))
        await asyncio.sleep(0.3)
        assert not changed.is_set()
    await changing
    [alert] = await raised(platform.database, org)
    assert (alert.rule_name, alert.message) == ("Low", "The score is 82, under 90.")
    assert alert.rule_id == (None if deed == "delete" else rule.id)


async def test_a_call_that_many_judge_at_once_raises_one_alert(
    platform: Platform, intake: Intake, org: uuid.UUID
) -> None:
    await new_rule(platform.database, org)
    done = await submitted(intake, org)

    async def judged() -> int:
        async with platform.database.tenant(org) as session:
            return await service.judge(session, done, TRANSCRIPT, EVALUATION, URL)

    assert sorted(await asyncio.gather(*(judged() for _ in range(4)))) == [0, 0, 0, 1]
    assert await count(platform.database, "alerts", org) == 1


async def _complete_and_die(platform: Platform, claim: Claim) -> None:
    async with platform.database.tenant(claim.org_id) as session:
        await lifecycle.complete(session, claim, TRANSCRIPT, EVALUATION, ProcessingDocument(), platform.links)
        assert await service.judge(session, claim.analysis_id, TRANSCRIPT, EVALUATION, URL) == 1
        pid = await session.scalar(text("SELECT pg_backend_pid()"))
        superuser: Any = await connect(platform.database.dsn, None)
        await superuser.fetch("SELECT pg_terminate_backend($1)", pid)
        await superuser.close()
        await session.execute(text("SELECT 1"))


async def test_a_worker_that_is_killed_between_evaluation_and_alerts_leaves_neither(
    platform: Platform, intake: Intake, org: uuid.UUID
) -> None:
    """The server ends the session, as it does when the process of a worker is gone."""
    await new_rule(platform.database, org)
    claim = await claimed(intake, org, await submitted(intake, org))
    await heard(platform, claim)
    with pytest.raises(DatabaseAwayError):
        await _complete_and_die(platform, claim)
    assert await count(platform.database, "evaluations", org) == 0
    assert await count(platform.database, "alerts", org) == 0
    async with platform.database.tenant(org) as session:
        await lifecycle.complete(session, claim, TRANSCRIPT, EVALUATION, ProcessingDocument(), platform.links)
        await service.judge(session, claim.analysis_id, TRANSCRIPT, EVALUATION, URL)
    assert await count(platform.database, "alerts", org) == 1


async def test_a_transaction_that_fails_raises_nothing(
    platform: Platform, intake: Intake, org: uuid.UUID
) -> None:
    await new_rule(platform.database, org, emails=[])
    done = await submitted(intake, org)
    with pytest.raises(ZeroDivisionError):
        await _judge_and_fail(platform.database, org, done)
    assert await count(platform.database, "alerts", org) == 0


async def _judge_and_fail(database: Database, org: uuid.UUID, analysis_id: uuid.UUID) -> None:
    async with database.tenant(org) as session:
        assert await service.judge(session, analysis_id, TRANSCRIPT, EVALUATION, URL) == 1
        raise ZeroDivisionError


async def _again(platform: Platform, org: uuid.UUID, analysis_id: uuid.UUID, score: float) -> int:
    """Evaluate a call once more, as ``pipeline.reevaluate`` does; answers how many alerts that raises."""
    async with platform.database.tenant(org) as session:
        row = await evaluations.ask(session, org, Wish(analysis_id, "live"))
    async with platform.database.tenant(org) as session:
        material = await evaluation_work.claim(session, org, row.id)
    assert material is not None
    changed = EVALUATION.model_copy(update={"score": score})
    async with platform.database.tenant(org) as session:
        await evaluation_work.complete(session, material.claim, changed)
        return await service.judge_again(session, row.id, TRANSCRIPT, changed, URL)


async def test_evaluating_again_raises_only_what_was_not_raised_before(
    platform: Platform, intake: Intake, org: uuid.UUID
) -> None:
    await new_rule(platform.database, org)
    await new_rule(platform.database, org, name="High", conditions=HIGH)
    done = await evaluated(platform, intake, org)
    assert await _again(platform, org, done, 50) == 0
    assert await _again(platform, org, done, 95) == 1
    assert await _again(platform, org, done, 96) == 0
    assert sorted(one.rule_name for one in await raised(platform.database, org)) == ["High", "Low"]


async def test_two_that_judge_at_once_raise_one_alert(
    platform: Platform, intake: Intake, org: uuid.UUID
) -> None:
    done = await evaluated(platform, intake, org)
    await new_rule(platform.database, org)

    async def judge() -> int:
        async with platform.database.tenant(org) as session:
            return await service.judge(session, done, TRANSCRIPT, EVALUATION, URL)

    assert sorted(await asyncio.gather(*(judge() for _ in range(4)))) == [0, 0, 0, 1]


async def test_a_rule_looks_only_at_what_it_is_for(
    platform: Platform, intake: Intake, org: uuid.UUID
) -> None:
    async with platform.database.tenant(org) as session:
        project = (await catalog.create(session, org, OPERATOR, PROJECTS, {"name": "p"})).id
        agent = (await catalog.create(session, org, OPERATOR, AGENTS, {"name": "a"})).id
    await new_rule(platform.database, org, name="project", project_id=project)
    await new_rule(platform.database, org, name="both", project_id=project, agent_id=agent)
    await evaluated(platform, intake, org)
    assert await raised(platform.database, org) == []
    await evaluated(platform, intake, org, project_id=project)
    assert [one.rule_name for one in await raised(platform.database, org)] == ["project"]
    await evaluated(platform, intake, org, project_id=project, agent_id=agent)
    assert len(await raised(platform.database, org)) == 3


async def test_people_are_told_by_mail_without_a_word_of_the_call(
    platform: Platform, intake: Intake, org: uuid.UUID
) -> None:
    email = f"{uuid.uuid4()}@v.test"
    async with platform.database.tenant(org) as session:
        await create_user(session, org, email, "supervisor", "long enough")
    await new_rule(platform.database, org, conditions=MORNING, emails=[email.upper()])
    done = await evaluated(platform, intake, org)
    await evaluated(platform, intake, org, mode="test")
    async with platform.database.tenant(org) as session:
        [mail] = (await session.execute(text("SELECT * FROM mails"))).all()
    assert (mail.recipient, mail.subject) == (email, "Alert: Low")
    assert f"{URL}/calls/{done}" in mail.body
    assert "orning" not in mail.body


async def test_addresses_of_others_are_refused(platform: Platform, org: uuid.UUID, new_org: NewOrg) -> None:
    other = await new_org()
    async with platform.database.tenant(other) as session:
        user, _ = await create_user(session, other, f"{uuid.uuid4()}@v.test", "owner", "long enough")
    for email in (user.email, "nobody@example.com"):
        with pytest.raises(InvalidRequestError, match="emails names"):
            await new_rule(platform.database, org, emails=[email])


async def test_what_another_organisation_has_cannot_be_named(
    platform: Platform, org: uuid.UUID, new_org: NewOrg
) -> None:
    other = await new_org()
    async with platform.database.tenant(other) as session:
        project = (await catalog.create(session, other, OPERATOR, PROJECTS, {"name": "p"})).id
    for project_id in (project, uuid7()):
        with pytest.raises(InvalidRequestError, match="projectId"):
            await new_rule(platform.database, org, project_id=project_id)


async def test_a_rule_goes_with_what_it_is_for_and_its_alerts_stay(
    platform: Platform, intake: Intake, org: uuid.UUID
) -> None:
    async with platform.database.tenant(org) as session:
        project = (await catalog.create(session, org, OPERATOR, PROJECTS, {"name": "p"})).id
    await new_rule(platform.database, org, project_id=project)
    await evaluated(platform, intake, org, project_id=project)
    async with platform.database.tenant(org) as session:
        await catalog.delete(session, OPERATOR, PROJECTS, project)
    assert await count(platform.database, "alert_rules", org) == 0
    [alert] = await raised(platform.database, org)
    assert (alert.rule_id, alert.rule_name) == (None, "Low")


async def test_an_external_id_is_used_once(platform: Platform, org: uuid.UUID) -> None:
    await new_rule(platform.database, org, external_id="a")
    with pytest.raises(AlreadyExistsError):
        await new_rule(platform.database, org, external_id="a")


async def test_only_owners_and_admins_make_rules_and_agents_see_no_alert(
    platform: Platform, intake: Intake, org: uuid.UUID
) -> None:
    rule = await new_rule(platform.database, org)
    await evaluated(platform, intake, org)
    async with platform.database.tenant(org) as session:
        for role in ("supervisor", "reviewer", "agent"):
            person = Who(org, OPERATOR, role=role)  # type: ignore[arg-type] - a table of roles
            with pytest.raises(ForbiddenError):
                await rules.create(session, person, {"name": "x", "conditions": LOW})
            with pytest.raises(ForbiddenError):
                await rules.remove(session, person, rule.id)
    with pytest.raises(ForbiddenError):
        await raised(platform.database, org, Who(org, OPERATOR, role="agent"))


async def test_supervisors_see_alerts_of_their_teams_only(
    platform: Platform, intake: Intake, org: uuid.UUID
) -> None:
    async with platform.database.tenant(org) as session:
        agents = [(await catalog.create(session, org, OPERATOR, AGENTS, {"name": name})).id for name in "ab"]
    await new_rule(platform.database, org)
    for agent in agents:
        await evaluated(platform, intake, org, agent_id=agent)
    lead = Who(org, OPERATOR, role="supervisor", agents=frozenset(agents[:1]))
    [mine] = await raised(platform.database, org, lead)
    [other] = [one for one in await raised(platform.database, org) if one.id != mine.id]
    async with platform.database.tenant(org) as session:
        assert (await service.acknowledge(session, lead, mine.id)).row.acknowledged_by == "command line"
        with pytest.raises(NotFoundError):
            await service.acknowledge(session, lead, other.id)


async def test_acknowledging_twice_is_once(platform: Platform, intake: Intake, org: uuid.UUID) -> None:
    await new_rule(platform.database, org)
    await evaluated(platform, intake, org)
    [alert] = await raised(platform.database, org, acknowledged=False)
    who = Who(org, OPERATOR)
    moments: list[Any] = []
    for _ in range(2):
        async with platform.database.tenant(org) as session:
            moments.append((await service.acknowledge(session, who, alert.id)).row.acknowledged_at)
    assert moments[0] == moments[1]
    assert await raised(platform.database, org, acknowledged=False) == []
    assert len(await raised(platform.database, org, acknowledged=True)) == 1
    async with platform.database.tenant(org) as session:
        query = "SELECT count(*) FROM audit_entries WHERE action = 'alert.acknowledged'"
        assert await session.scalar(text(query)) == 1


async def test_an_alert_is_erased_with_its_call(platform: Platform, intake: Intake, org: uuid.UUID) -> None:
    await new_rule(platform.database, org, conditions=MORNING)
    done = await evaluated(platform, intake, org)
    await erase.erase(platform.database, platform.vault, OPERATOR, org, done, "live")
    assert await count(platform.database, "alerts", org) == 0
    assert await count(platform.database, "alert_rules", org) == 1


async def test_a_rule_is_tried_on_past_calls_and_nothing_is_written_or_told(
    platform: Platform, intake: Intake, org: uuid.UUID, new_org: NewOrg
) -> None:
    database, who = platform.database, Who(org, OPERATOR)
    done = [await evaluated(platform, intake, org) for _ in range(3)]
    await evaluated(platform, intake, org, mode="test")
    await evaluated(platform, intake, await new_org())
    found = await trial.run(database, who, {"conditions": MORNING})
    assert (found.looked_at, [one.analysis.id for one in found.matches]) == (3, done[::-1])
    assert found.matches[0].message == "“morning” was said by the agent at 0:00: Good morning."
    assert (await trial.run(database, who, {"conditions": HIGH})).matches == ()
    assert (await trial.run(database, who, {"conditions": LOW}, 2)).looked_at == 2
    assert await count(database, "alerts", org) == 0
    with pytest.raises(InvalidRequestError, match="conditions"):
        await trial.run(database, who, {"conditions": {"conditions": []}})


async def test_a_long_past_is_looked_at_in_parts(
    platform: Platform, intake: Intake, org: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "_AT_ONCE", 2)
    done = [await evaluated(platform, intake, org) for _ in range(5)]
    found = await trial.run(platform.database, Who(org, OPERATOR), {"conditions": LOW})
    assert [one.analysis.id for one in found.matches] == done[::-1]
