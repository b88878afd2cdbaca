"""Killed in the middle: nothing is lost, nothing is done twice."""

import asyncio
import os
import signal
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from calltrace.db.embedded import running_dsn
from calltrace.db.session import Database
from whole.conftest import Stage, make_stage
from whole.harness import Installation, World, wait_for


def test_kill_9_of_the_worker_in_the_middle_of_a_transcription(stage: Stage) -> None:
    accepted = stage.client.submit(stage.short_call)
    stage.client.reaches(accepted["analysisId"], "transcribing")
    os.kill(stage.installation.service_pid("worker-1"), signal.SIGKILL)
    shown = stage.client.finished(accepted["analysisId"])
    assert shown["status"] == "completed"
    wait_for(lambda: "analysis.completed" in stage.world.events(accepted["analysisId"]), "the event")
    assert stage.world.events(accepted["analysisId"]).count("analysis.completed") == 1


_COPIES = text("""
    WITH copies AS (SELECT gen_random_uuid() AS id FROM generate_series(1, 60)), calls AS (
        INSERT INTO analyses SELECT (jsonb_populate_record(
            analyses, jsonb_build_object('id', copies.id, 'recording_id', NULL, 'upload_id', NULL)
        )).* FROM analyses, copies WHERE analyses.id = :id
    )
    INSERT INTO transcripts (org_id, analysis_id, document)
    SELECT org_id, copies.id, document FROM transcripts, copies WHERE analysis_id = :id
""")


def test_kill_9_of_the_worker_in_the_middle_of_a_back_test(stage: Stage) -> None:
    accepted = stage.client.submit(stage.short_call)
    stage.client.finished(accepted["analysisId"])

    async def copy() -> None:
        database = Database(running_dsn(stage.installation.folder / "data/postgres") or "", pool_size=1)
        async with database.operator() as session:
            await session.execute(_COPIES, {"id": accepted["analysisId"]})
        await database.close()

    asyncio.run(copy())
    base, headers = f"{stage.installation.url}/api/v1/scorecards", stage.client.headers
    made = httpx2.post(base, json={"name": "Tried", "draft": True}, headers=headers).json()
    begun = httpx2.post(f"{base}/{made['id']}/backtests", headers=headers).json()
    one = f"{base}/{made['id']}/backtests/{begun['backtestId']}"

    def seen() -> Any:
        return httpx2.get(one, headers=headers).json()

    before = stage.client.get(accepted["analysisId"])
    wait_for(lambda: seen()["progress"]["done"], "a call is judged")
    os.kill(stage.installation.service_pid("worker-1"), signal.SIGKILL)
    assert seen()["progress"]["waiting"] > 0, "it was killed in the middle"
    wait_for(lambda: seen()["status"] == "completed", "another worker goes on")
    progress = seen()["progress"]
    assert progress["done"] == progress["selected"] >= 61
    assert stage.client.get(accepted["analysisId"])["evaluation"] == before["evaluation"]


def test_the_child_of_a_killed_worker_does_not_live_on(stage: Stage) -> None:
    accepted = stage.client.submit(stage.short_call)
    stage.client.reaches(accepted["analysisId"], "transcribing")
    worker = stage.installation.service_pid("worker-1")
    children = _children_of(worker)
    assert children
    os.kill(worker, signal.SIGKILL)
    wait_for(lambda: not any(_alive(pid) for pid in children), "the children end", 10)
    assert stage.client.finished(accepted["analysisId"])["status"] == "completed"


def _sent(client: httpx2.Client, body: dict[str, str]) -> tuple[httpx2.Response | None, float]:
    """The answer, if it came, and how long that took."""
    began = time.monotonic()
    try:
        answer = client.post("/api/v1/analyses", json=body)
    except httpx2.HTTPError:
        return None, time.monotonic() - began
    return answer, time.monotonic() - began


def test_kill_9_of_the_api_before_its_answer(stage: Stage) -> None:
    """The client may or may not have got its 202: the retry with the same key makes no second analysis."""
    broken, usual = 0, 0.0
    for number, share in enumerate((None, None, 0.2, 0.5, 0.8)):  # at first it is seen how long one takes
        wait_for(stage.installation.healthy, "the API is there")
        key = f"kill-api-{number}"
        body = {"fileUrl": f"{stage.world.url}/page.mp3", "idempotencyKey": key, "externalId": key}
        with (
            httpx2.Client(
                base_url=stage.installation.url, headers=stage.client.headers, timeout=60
            ) as client,
            ThreadPoolExecutor(1) as beside,
        ):
            client.get("/health")  # connected: what follows is the request itself
            api = stage.installation.service_pid("api")
            attempt = beside.submit(_sent, client, body)
            if share:
                time.sleep(usual * share)
                os.kill(api, signal.SIGKILL)
            answer, seconds = attempt.result()
        usual = usual if share else seconds
        broken += answer is None
        wait_for(stage.installation.healthy, "the API comes back")
        accepted = stage.client.submit(body["fileUrl"], idempotencyKey=key, externalId=key)
        found = stage.client.list(externalId=key)
        assert [one["analysisId"] for one in found] == [accepted["analysisId"]]
    assert broken, "no attempt was broken off"


def test_the_database_server_dies_in_the_middle(stage: Stage) -> None:
    accepted = stage.client.submit(stage.short_call)
    stage.client.reaches(accepted["analysisId"], "transcribing")
    pid = int(
        (stage.installation.folder / "data/postgres")
        .rglob("postmaster.pid")
        .__next__()
        .read_text()
        .split()[0]
    )
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not _alive(pid), "the server is dead")
    wait_for(stage.installation.healthy, "the database comes back")
    shown = stage.client.finished(accepted["analysisId"])
    assert shown["status"] == "completed"
    wait_for(lambda: "analysis.completed" in stage.world.events(accepted["analysisId"]), "the event")


@pytest.mark.accepts("CT-121")
def test_ct_121_a_receiver_that_is_down_and_comes_back(stage: Stage) -> None:
    stage.world.down, stage.world.refused = True, 0
    try:
        accepted = stage.client.submit(f"{stage.world.url}/page.mp3")
        wait_for(lambda: stage.world.refused >= 2, "attempts that fail")
    finally:
        stage.world.down = False
    wait_for(lambda: len(stage.world.events(accepted["analysisId"])) == 2, "both events after all")
    deliveries = stage.installation.json("webhooks", "deliveries", "--org", "Default", "--limit", "4")
    tries = next(one["attempts"] for one in deliveries if one["attemptCount"] > 1)
    assert tries[0]["responseCode"] == 503
    assert tries[-1]["status"] == "delivered"


@pytest.fixture
def own(world: tuple[World, Path], tmp_path: Path) -> Generator[Installation]:
    (tmp_path / "ca.pem").write_bytes((world[1] / "ca.pem").read_bytes())
    installation = Installation(tmp_path)
    installation.start()
    yield installation
    if installation.process and installation.process.poll() is None:
        installation.stop()


def test_stopped_and_started_again_the_platform_goes_on(own: Installation, world: tuple[World, Path]) -> None:
    stage = make_stage(own, world[0])
    accepted = [stage.client.submit(stage.short_call) for _ in range(2)]
    stage.client.reaches(accepted[0]["analysisId"], "transcribing")
    assert own.stop() == 0
    own.start()
    shown = [stage.client.finished(one["analysisId"]) for one in accepted]
    assert [one["status"] for one in shown] == ["completed", "completed"]


def test_kill_9_of_everything_and_a_second_start(own: Installation, world: tuple[World, Path]) -> None:
    stage = make_stage(own, world[0])
    accepted = stage.client.submit(stage.short_call)
    stage.client.reaches(accepted["analysisId"], "transcribing")
    pids = [own.service_pid("api"), own.service_pid("worker-1")]
    assert own.process
    own.process.kill()
    own.process.wait()
    wait_for(lambda: not any(_alive(pid) for pid in pids), "the services end with their supervisor", 15)
    own.start()
    assert stage.client.finished(accepted["analysisId"])["status"] == "completed"


def test_a_second_up_on_the_same_data_dir_is_told_so(own: Installation) -> None:
    done = own.command("up", "--port", "1")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("calltrace: ")
    assert own.healthy()


def _alive(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def _children_of(pid: int) -> list[int]:
    found: list[int] = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.append(int(path.parent.name))
    return found


def test_a_drain_gives_both_analyses_back_at_once(own: Installation, world: tuple[World, Path]) -> None:
    """One is heard, the other waits for its turn: neither may hold the stop up, or lose its lease over it."""
    stage = make_stage(own, world[0])
    accepted = [stage.client.submit(stage.short_call) for _ in range(2)]
    stage.client.reaches(accepted[0]["analysisId"], "transcribing")
    wait_for(
        lambda: stage.client.get(accepted[1]["analysisId"])["status"] == "processing", "both are claimed"
    )
    assert own.stop() == 0
    assert not own.events("service_killed")
    left = list((own.folder / "data" / "work").glob("worker-*"))
    assert left == [], "nothing in the clear stays behind"
    own.start()
    for one in accepted:
        assert stage.client.finished(one["analysisId"])["status"] == "completed"
    assert not own.events("analysis_step_failed")


def test_ctrl_c_is_no_failed_try(own: Installation, world: tuple[World, Path]) -> None:
    """A terminal sends SIGINT to every process of the group at once."""
    stage = make_stage(own, world[0])
    accepted = stage.client.submit(stage.short_call)
    stage.client.reaches(accepted["analysisId"], "transcribing")
    assert own.process
    os.killpg(own.process.pid, signal.SIGINT)
    assert own.process.wait(60) == 0
    own.start()
    assert stage.client.finished(accepted["analysisId"])["status"] == "completed"
    assert not own.events("analysis_step_failed")
    assert "Traceback" not in own.log.read_text()


def test_an_analysis_erased_in_the_middle_stops_its_work(stage: Stage) -> None:
    accepted = stage.client.submit(stage.call)
    stage.client.reaches(accepted["analysisId"], "transcribing")
    asyncio.run(_erase(stage.installation, accepted["analysisId"]))
    wait_for(lambda: stage.installation.events("stale_attempt"), "the worker notices", 30)
    after = stage.client.submit(stage.short_call)
    assert stage.client.finished(after["analysisId"])["status"] == "completed"


async def _erase(installation: Installation, analysis_id: str) -> None:
    dsn = running_dsn(installation.folder / "data" / "postgres")
    assert dsn
    database = Database(dsn, pool_size=1)
    async with database.operator() as session:
        await session.execute(text("DELETE FROM analyses WHERE id = :id"), {"id": analysis_id})
    await database.close()


def test_decoded_audio_of_a_killed_worker_is_swept(stage: Stage) -> None:
    accepted = stage.client.submit(stage.short_call)
    stage.client.reaches(accepted["analysisId"], "transcribing")
    folder = stage.installation.folder / "data" / "work"
    before = set(folder.glob("worker-*"))
    assert before
    os.kill(stage.installation.service_pid("worker-1"), signal.SIGKILL)
    wait_for(lambda: not any(path.exists() for path in before), "the next worker removes it", 30)
    assert stage.client.finished(accepted["analysisId"])["status"] == "completed"
