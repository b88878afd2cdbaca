"""How long the server takes for ``/calls`` with 200,000 calls, by filter and by what is searched for.

``python scripts/measure_calls_list.py [CALLS] [TIMES]`` makes a temporary installation, writes the calls as
triggers and housekeeping would have left them, and asks for pages as an owner and as a supervisor of a few
agents. The time is the server's own, without a network; what else the machine does counts, too: its load is
printed beside. Reading what calls are found by is timed as well, as is the migration that makes room for it.
"""

import asyncio
import os
import random
import statistics
import sys
import time
import uuid
from importlib import import_module
from pathlib import Path
from typing import Any

from sqlalchemy import text

from calltrace.accounts.service import create_user
from calltrace.analyses import texts
from calltrace.bench import counted
from calltrace.bench.installation import Installation, installation
from calltrace.db.connections import connect
from calltrace.db.migrate import migrate
from calltrace.db.session import Database
from calltrace.kit import clock
from calltrace.pipeline.context import build_platform
from calltrace.server import create_server
from calltrace.settings import load_settings

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
pages: Any = import_module("database.web.conftest")
CALLS, TIMES, KINDS, LINES, VOCABULARY = 200_000, 9, 400, 110, 20_000
PASSWORD = "correct horse battery staple"
SENTENCES = (
    "thank you for calling how can I help you today", "I would like to ask about my invoice please",
    "ich möchte meine Rechnung prüfen", "pouvez-vous répéter le numéro de dossier",
    "me puede confirmar la dirección", "può ripetere il codice per favore", "could you spell that for me",
)  # fmt: skip
QUESTIONS = {
    "no filter": "", "completed": "status=completed", "an agent": f"agent={counted.named_id('agents', 7)}",
    "a queue": f"queue={counted.named_id('queues', 3)}", "score 0 to 20": "scoreTo=20",
    "a day": "from={day}&to={day}",
    "a word of all calls": "text=thank",
    "a word of half of them": "text=voucher",
    "a word of one in 50": "text=warranty",
    "a word of 20": "text=kaleidoscope",
    "a word of none": "text=qzqzq",
    "a beginning": "text=inv",
    "two common words": "text=invoice+voucher",
    "a common and a rare": "text=thank+kaleido",
    "a phrase of all": 'text="how can I help"',
    "a phrase of none, of common words": 'text="help how please thank"',
    "a part of an external id": "text=4711",
    "an agent's name": "text=agents+7",
    "a word of one in 50, of an agent": f"text=warranty&agent={counted.named_id('agents', 7)}",
    "a word that only old calls have": "text=chandelier",
    "twelve terms": "text=a+b+c+d+e+f+g+h+i+j+k+l", "255 quotes": "text=" + "%22" * 255,
}  # fmt: skip


def main() -> int:
    """Always 0: what is slow is for the reader to judge."""
    calls, times = (int(one) for one in (sys.argv[1:] + [str(CALLS), str(TIMES)][len(sys.argv) - 1 :])[:2])
    with installation(say) as place:
        asyncio.run(_measure(place, calls, times))
    return 0


def say(what: str) -> None:
    """To whoever waits."""
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


async def _measure(place: Installation, calls: int, times: int) -> None:
    await counted.store(place.dsn, place.org_id, calls, clock.now().date(), say)
    await _migration(place, calls)
    await _write(place, calls)
    settings = load_settings(data_dir=place.folder / "data")
    platform = build_platform(settings, place.dsn, place.secret_key, pages.URL)
    server: Any = create_server(lambda: platform)
    async with server.lifespan_context(server):
        for role, browser in {
            "owner": await _person(platform.database, place.org_id, server, "owner"),
            "supervisor": await _person(platform.database, place.org_id, server, "supervisor"),
        }.items():
            for name, question in QUESTIONS.items():
                await _ask(browser, f"{role}: {name}", question.format(day=clock.now().date()), times)


async def _migration(place: Installation, calls: int) -> None:
    """What the table, its index and its rows cost an installation that has calls already."""
    owner: Any = await connect(place.dsn, None)
    for table in ("call_texts",):
        await owner.execute(f"DROP TABLE {table} CASCADE")
    for name in (
        "call_text_begins", "call_text_names_changed", "call_text_words_changed", "call_text_is_due",
        "call_matches", "recall_exports_of_chosen",
    ):  # fmt: skip
        await owner.execute(f"DROP FUNCTION {name} CASCADE")
    await owner.execute("ALTER TABLE exports DROP COLUMN chosen")
    await owner.execute("UPDATE alembic_version SET version_num = '0043'")
    began = time.monotonic()
    await migrate(place.dsn, "0044")
    print(f"migration 0044 with {calls} calls: {time.monotonic() - began:.1f} s; {_load()}")
    await owner.close()


async def _write(place: Installation, calls: int) -> None:
    random.seed(1)
    rare = [f"w{random.randrange(1 << 40):x}" for _ in range(VOCABULARY)]
    kinds = [_kind(number, rare) for number in range(KINDS)]
    owner: Any = await connect(place.dsn, None)
    await owner.execute("DROP INDEX ix_call_texts_words")
    await owner.execute("ALTER TABLE call_texts NO FORCE ROW LEVEL SECURITY")
    await owner.execute("ALTER TABLE analyses NO FORCE ROW LEVEL SECURITY")
    await owner.execute(
        "CREATE UNLOGGED TABLE kinds (number int PRIMARY KEY, said text, folded text, words text[])"
    )
    for number, lines in enumerate(kinds):
        folded = [texts.folded(one) for one in lines]
        said = "\n".join(f"s{at}\t{one}" for at, one in enumerate(lines, 1))
        words = sorted({texts.owner_mark(place.org_id) + one for one in " ".join(folded).split()})
        await owner.execute(
            "INSERT INTO kinds VALUES ($1, $2, $3, $4)", number, said, "\n".join(folded), words
        )
    say("writing what calls are found by")
    began = time.monotonic()
    await owner.execute(_FILL, KINDS, texts.owner_mark(place.org_id), calls)
    say(f"written in {time.monotonic() - began:.0f} s; now the index")
    began = time.monotonic()
    await owner.execute(
        "CREATE INDEX ix_call_texts_words ON call_texts USING gin (words) WITH (fastupdate = off)"
    )
    print(f"index of {calls} calls made at once: {time.monotonic() - began:.0f} s")
    await owner.execute("ALTER TABLE call_texts FORCE ROW LEVEL SECURITY")
    await owner.execute("ALTER TABLE analyses FORCE ROW LEVEL SECURITY")
    await owner.execute("VACUUM ANALYZE")
    for table in ("call_texts", "ix_call_texts_words"):
        size = await owner.fetchval("SELECT pg_total_relation_size($1::regclass)", table)
        print(f"{table}: {size / 1e6:.0f} MB")
    await owner.close()


_FILL = """
WITH numbered AS (
    SELECT id, external_id, row_number() OVER (ORDER BY created_at DESC) AS n FROM analyses
), made AS (
    SELECT id, n, ' ' || regexp_replace(lower(coalesce(external_id, 'call ' || n)), '[^a-z0-9]+', ' ', 'g') || ' ' AS name,
        kinds.*, ARRAY(SELECT one FROM (VALUES
            (CASE WHEN n % 2 = 0 THEN 'voucher' END), (CASE WHEN n % 50 = 0 THEN 'warranty' END),
            (CASE WHEN n % ($3 / 20) = 0 THEN 'kaleidoscope' END), (CASE WHEN n > $3 / 2 THEN 'chandelier' END)
        ) AS v (one) WHERE one IS NOT NULL) AS more
    FROM numbered JOIN kinds ON kinds.number = n % $1
)
UPDATE call_texts t SET named = name, said = m.said || E'\\nx\\t' || array_to_string(more, ' '),
    folded = m.folded || E'\\n ' || array_to_string(more, ' ') || ' ',
    words = array_to_tsvector(m.words
        || ARRAY(SELECT $2 || one FROM unnest(more || string_to_array(trim(name), ' ')) AS one)
        || ARRAY(SELECT DISTINCT $2 || '~' || substr(word, at, 3)
                 FROM unnest(string_to_array(trim(name), ' ')) AS word, generate_series(1, length(word) - 2) AS at))
FROM made m WHERE m.id = t.analysis_id
"""  # noqa: E501 - no input


def _kind(number: int, rare: list[str]) -> list[str]:
    """What is said in one call: sentences of everybody, and words that few say."""
    made = random.Random(number)
    lines = [SENTENCES[0]]
    for _ in range(LINES):
        line = made.choice(SENTENCES).split()
        lines.append(
            " ".join(
                [
                    *line[: made.randrange(2, len(line) + 1)],
                    *(rare[int(made.paretovariate(0.7)) % len(rare)] for _ in range(2)),
                ]
            )
        )
    return lines


async def _person(database: Database, org_id: uuid.UUID, server: Any, role: Any) -> Any:
    async with database.tenant(org_id) as session:
        await create_user(session, org_id, f"{role}@v.test", role, PASSWORD)
        if role == "supervisor":
            user = await session.scalar(
                text("SELECT id FROM users WHERE email = :one"), {"one": f"{role}@v.test"}
            )
            team = uuid.uuid4()
            await session.execute(
                text("INSERT INTO teams (id, org_id, name) VALUES (:t, :o, 'North')"),
                {"t": team, "o": org_id},
            )
            await session.execute(
                text("INSERT INTO team_supervisors (org_id, team_id, user_id) VALUES (:o, :t, :u)"),
                {"t": team, "o": org_id, "u": user},
            )
            for number in range(1, 13):
                await session.execute(
                    text("INSERT INTO team_members (org_id, team_id, agent_id) VALUES (:o, :t, :a)"),
                    {"t": team, "o": org_id, "a": counted.named_id("agents", number)},
                )
    browser = pages.make_browser(server)
    await browser.sign_in(f"{role}@v.test")
    return browser


async def _ask(browser: Any, name: str, question: str, times: int) -> None:
    took, shown, more = list[float](), 0, ""
    for _ in range(times + 1):
        began = time.perf_counter()
        answer = await browser.get(f"/calls?{question}&view=all" if question else "/calls?view=all")
        took.append((time.perf_counter() - began) * 1000)
        assert answer.is_success, answer.text
        shown = answer.text.count('class="c-name"')
        more = " (not all were looked through)" if "Looked through" in answer.text else ""
    later = sorted(took[1:])
    figures = f"first {took[0]:6.0f}  median {statistics.median(later):6.0f}  worst {later[-1]:6.0f} ms"
    print(f"{name:60} {figures}  {shown:3} calls{more}  {_load()}", flush=True)


def _load() -> str:
    return f"load {os.getloadavg()[0]:.1f}"


if __name__ == "__main__":
    sys.exit(main())
