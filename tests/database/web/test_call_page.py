"""One call: what is shown of it in every state, its recording and transcript, and what can be asked of it."""

import re
import uuid
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from calltrace.accounts.models import AuditEntry
from calltrace.analyses import lifecycle
from calltrace.analyses.document import ErrorDocument, ProcessingDocument
from calltrace.analyses.models import EvaluationRow, TranscriptRow
from calltrace.analyses.submit import Intake
from calltrace.evaluation.results import CriterionResult, Evaluation, Evidence, ScorecardRef
from calltrace.kit.ids import uuid7
from calltrace.pipeline.context import Platform
from calltrace.recordings.remarks import Remark
from calltrace.scorecards.catalogue import default_scorecard
from calltrace.speech.transcript import Attribution, Segment, Transcript
from calltrace.webhooks import service
from database.analyses.factory import EVALUATION, FACTS, claimed, completed, playable, recorded, submitted
from database.conftest import NewOrg, waiting_jobs
from database.web.conftest import Browser, NewPerson

CONTENT = bytes(range(256)) * 8


def _segment(number: int, speaker: Any, said: str) -> Segment:
    return Segment(
        id=f"s{number}", speaker=speaker, speaker_id=f"spk-{speaker}", channel=0, start=float(number),
        end=number + 0.8, text=said, confidence=0.9,
    )  # fmt: skip


TRANSCRIPT = Transcript(
    language="en",
    language_confidence=0.9,
    attribution=Attribution(method="channel", confidence=0.9, reason="The agent says the name."),
    segments=[_segment(0, "agent", "Good morning."), _segment(1, "agent", "Ada speaking."),
              _segment(2, "customer", "<script>alert(1)</script>"), _segment(75, "agent", "Bye.")],
)  # fmt: skip


def _result(number: int) -> Evaluation:
    """By the scorecard that ships: everything is met but one criterion, which is under review."""
    scorecard = default_scorecard()
    criteria = [
        CriterionResult(
            key=one.key, name=one.name, score=one.points, max_score=one.points, verdict="met",
            confidence=0.93, method="rule", reason=f"Because of {one.key}.",
            evidence=[Evidence(segment_id="s1", start=1.0, end=1.8, quote="Ada speaking.")],
        )
        for one in scorecard.criteria
    ]  # fmt: skip
    criteria[0] = criteria[0].model_copy(update={"verdict": "needs_review", "score": 0.0, "evidence": []})
    ref = ScorecardRef(id=str(scorecard.id), name=scorecard.name, version=scorecard.version)
    changes = {"criteria": criteria, "scorecard": ref, "recommendations": [f"Advice {number}."]}
    return EVALUATION.model_copy(update=changes)


async def _whole(
    platform: Platform, intake: Intake, org: uuid.UUID, folder: Path, **changes: object
) -> uuid.UUID:
    claim = await claimed(intake, org, await submitted(intake, org, **changes))
    await recorded(platform, claim, folder, CONTENT)
    processing = ProcessingDocument(warnings=[Remark(code="damaged", message="The end is missing.")])
    async with platform.database.tenant(org) as session:
        await lifecycle.keep_transcript(session, claim, TRANSCRIPT, FACTS, processing)
        await lifecycle.complete(session, claim, TRANSCRIPT, _result(1), processing, platform.links)
    return claim.analysis_id


async def test_a_call_is_shown_with_words_findings_and_the_sum(
    admin: Browser, platform: Platform, intake: Intake, org: uuid.UUID, tmp_path: Path
) -> None:
    found = await _whole(
        platform, intake, org, tmp_path, file_name="one.mp3", external_id="crm-1", metadata={"team": "<b>"}
    )
    page = (await admin.get(f"/calls/{found}")).text
    for shown in (
        "one.mp3", "crm-1", "&lt;b&gt;", "English", "&lt;script&gt;alert(1)&lt;/script&gt;", ">82</span>",
        "passed", "Because of greeting.", "needs review", "93 % sure, by rule", "Advice 1.",
        "The end is missing.", "<code>damaged</code>", "The agent says the name.",
        "How the score comes about", "01:15", "Words per minute",
        f'<audio controls preload="metadata" src="/calls/{found}/recording"', 'id="seg-s1" data-start="1.0"',
        '<a class="quote" href="#seg-s1" data-seek="1.0" data-until="1.8">',
        f"/calls/{found}/transcript?format=srt",
    ):  # fmt: skip
        assert shown in page, shown
    assert page.count('<li class="turn agent">') == 2, "what one voice says in a row is one turn"
    assert page.count(' cited"') == 1
    assert 'data-live="done"' in page


async def test_the_sum_is_left_out_where_its_scorecard_is_not_known(
    admin: Browser, platform: Platform, intake: Intake, org: uuid.UUID
) -> None:
    found = await completed(platform, intake, org)  # of a scorecard that never was ours
    page = (await admin.get(f"/calls/{found}")).text
    assert ">82</span>" in page
    assert "How the score comes about" not in page
    assert "<audio" not in page, "there is no recording"


async def test_a_call_on_its_way_says_how_far_it_is(
    admin: Browser, platform: Platform, intake: Intake, org: uuid.UUID
) -> None:
    claim = await claimed(intake, org, await submitted(intake, org))
    async with platform.database.tenant(org) as session:
        await lifecycle.report(session, claim, "transcribing", 40)
    page = (await admin.get(f"/calls/{claim.analysis_id}")).text
    assert '<progress max="100" value="40"' in page
    assert 'data-live="pending"' in page
    assert "Evaluate again" not in page


async def test_a_call_that_failed_says_why_in_words(
    admin: Browser, platform: Platform, intake: Intake, org: uuid.UUID
) -> None:
    claim = await claimed(intake, org, await submitted(intake, org))
    error = ErrorDocument(
        code="unsupported_media", message="It is <a> page.", stage="decoding", retryable=False
    )
    async with platform.database.tenant(org) as session:
        await lifecycle.fail(session, claim, error, platform.links)
    page = (await admin.get(f"/calls/{claim.analysis_id}")).text
    for shown in ("The file is not audio that can be decoded.", "It is &lt;a&gt; page.",
                  "/docs#problem-unsupported_media", "will not help", 'data-live="done"'):  # fmt: skip
        assert shown in page, shown


async def test_deliveries_are_told_to_everybody_and_where_they_go_to_admins(
    admin: Browser, person: NewPerson, platform: Platform, intake: Intake, org: uuid.UUID
) -> None:
    url = "https://127.0.0.1/hook"
    async with platform.database.tenant(org) as session:
        await service.create_endpoint(session, org, url, ["analysis.created"], platform.box, platform.policy)
    found = await submitted(intake, org)
    page = (await admin.get(f"/calls/{found}")).text
    assert 'href="/admin/integrations/deliveries/whd_' in page
    assert url in page
    shown = (await (await person("reviewer")).get(f"/calls/{found}")).text
    assert "analysis.created" in shown
    assert url not in shown
    assert "/admin/integrations" not in shown


async def test_the_recording_is_played_by_ranges(
    admin: Browser, platform: Platform, intake: Intake, org: uuid.UUID, tmp_path: Path
) -> None:
    path = f"/calls/{await completed(platform, intake, org, tmp_path)}/recording"
    whole = await admin.get(path)
    assert (whole.status_code, whole.content, whole.headers["content-type"]) == (200, b"audio", "audio/wav")
    part = await admin.client.get(path, headers={"Range": "bytes=1-2"})
    assert (part.status_code, part.content) == (206, b"ud")
    assert (await admin.client.get(path, headers={"Range": "bytes=9-"})).status_code == 416
    assert (await admin.client.head(path)).headers["content-length"] == "5"


async def test_the_waveform_comes_by_sides(
    admin: Browser, platform: Platform, intake: Intake, org: uuid.UUID, tmp_path: Path
) -> None:
    claim = await claimed(intake, org, await submitted(intake, org))
    path = f"/calls/{claim.analysis_id}/waveform"
    assert (await admin.get(path)).json() == {"lanes": []}, "nothing was heard yet"
    await recorded(platform, claim, tmp_path)
    await playable(platform, claim, tmp_path)
    side = {"role": "agent", "name": "Agent", "speech": [[0.5, 2.0]], "points": "ADP/"}
    assert (await admin.get(path)).json() == {"pointsPerSecond": 20, "lanes": [side]}
    page = (await admin.get(f"/calls/{claim.analysis_id}")).text
    assert "Hold music: 00:03 to 00:09." in page, "said for those who do not see it"


@pytest.mark.parametrize(
    ("wanted", "said"),
    [("txt", "[00:00] Agent: Good morning."), ("srt", "Agent: Good morning."), ("vtt", "WEBVTT"),
     ("json", '"segments"')],
)  # fmt: skip
async def test_the_transcript_is_a_file_in_every_format(
    admin: Browser, platform: Platform, intake: Intake, org: uuid.UUID, wanted: str, said: str
) -> None:
    path = f"/calls/{await completed(platform, intake, org, file_name='one.mp3')}/transcript"
    answer = await admin.get(f"{path}?format={wanted}")
    assert said in answer.text
    assert answer.headers["content-disposition"] == f'attachment; filename="one.{wanted}"'
    assert (await admin.get(f"{path}?format=doc")).status_code == 404


async def test_a_transcript_that_may_still_come_is_no_page_yet(
    admin: Browser, intake: Intake, org: uuid.UUID
) -> None:
    answer = await admin.get(f"/calls/{await submitted(intake, org)}/transcript")
    assert (answer.status_code, "There is no transcript yet" in answer.text) == (409, True)


async def test_evaluating_again_is_asked_for_once(
    admin: Browser, platform: Platform, intake: Intake, org: uuid.UUID
) -> None:
    found = await completed(platform, intake, org)
    for _ in range(2):
        answer = await admin.submit(f"/calls/{found}", to=f"/calls/{found}/evaluate")
        assert answer.headers["location"] == f"/calls/{found}?done=evaluating"
    async with platform.database.tenant(org) as session:
        rows = (await session.scalars(select(EvaluationRow).where(EvaluationRow.status == "queued"))).all()
    assert len(rows) == 1
    assert await waiting_jobs(platform.database, str(rows[0].id)) == 1
    page = (await admin.get(f"/calls/{found}?done=evaluating")).text
    assert "An evaluation is on its way." in page
    assert "The call is being evaluated once more." in page
    assert 'data-live="pending"' in page


async def test_an_earlier_evaluation_is_compared_with_the_one_that_is_shown(
    admin: Browser, platform: Platform, intake: Intake, org: uuid.UUID, tmp_path: Path
) -> None:
    found = await _whole(platform, intake, org, tmp_path)
    later = _result(1).model_copy(update={"score": 91.0})
    later.criteria[1] = later.criteria[1].model_copy(update={"verdict": "not_met", "score": 0.0})
    async with platform.database.tenant(org) as session:
        session.add(EvaluationRow(
            id=uuid7(), org_id=org, analysis_id=found, score=91, passed=True,
            document=later.model_dump(mode="json", by_alias=True),
        ))  # fmt: skip
    page = (await admin.get(f"/calls/{found}")).text
    link = re.search(rf"/calls/{found}\?compare=([0-9a-f-]+)#history-title", page)
    assert link
    compared = (await admin.get(f"/calls/{found}?compare={link[1]}")).text
    assert f"Score 82 → 91. 1 of {len(later.criteria)} criteria differ." in compared
    assert "not met" in compared
    assert 'id="difference"' not in (await admin.get(f"/calls/{found}?compare={found}x")).text


async def test_the_roles_change_places_and_the_audit_says_who_did_it(
    person: NewPerson, platform: Platform, intake: Intake, org: uuid.UUID
) -> None:
    reviewer = await person("reviewer")
    found = await completed(platform, intake, org, mode="test")
    answer = await reviewer.submit(f"/calls/{found}", to=f"/calls/{found}/swap")
    assert answer.headers["location"] == f"/calls/{found}?done=roles-swapped"
    assert '<li class="turn customer">' in (await reviewer.get(f"/calls/{found}")).text
    async with platform.database.tenant(org) as session:
        entry = await session.scalar(
            select(AuditEntry).where(AuditEntry.action == "analysis.roles_corrected")
        )
    assert entry
    assert (entry.actor, entry.target_id) == (reviewer.email, str(found))


async def test_what_was_not_heard_cannot_be_evaluated_or_corrected(
    admin: Browser, intake: Intake, org: uuid.UUID
) -> None:
    found = await submitted(intake, org)
    for verb in ("evaluate", "swap"):
        answer = await admin.submit("/account", to=f"/calls/{found}/{verb}")
        assert (answer.status_code, "The analysis is not completed" in answer.text) == (409, True)


async def test_another_organisations_call_is_not_there_at_all(
    admin: Browser, person: NewPerson, platform: Platform, org: uuid.UUID, new_org: NewOrg, tmp_path: Path
) -> None:
    found = await _whole(platform, platform.intake, org, tmp_path)
    stranger = await person("owner", await new_org())
    for path in ("", "/recording", "/transcript", "/transcript?format=json"):
        assert (await admin.get(f"/calls/{found}{path}")).status_code == 200, path
        assert (await stranger.get(f"/calls/{found}{path}")).status_code == 404, path
    for verb in ("evaluate", "swap"):
        answer = await stranger.submit("/account", to=f"/calls/{found}/{verb}")
        assert answer.status_code == 404, verb
    async with platform.database.tenant(org) as session:
        row = await session.get_one(TranscriptRow, found)
        assert row.document["segments"][0]["speaker"] == "agent"
        assert await session.scalar(text("SELECT count(*) FROM evaluations WHERE status = 'queued'")) == 0
