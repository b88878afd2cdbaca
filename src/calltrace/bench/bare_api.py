"""What the API is compared with: FastAPI and asyncpg, the same two inserts, the same rows read, nothing else.

No key is checked, no organisation is entered, no field judged beyond its type. Run as a child process.
"""

import json
import os
import sys
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import uvicorn
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence.queries import Queries
from pydantic import BaseModel

from calltrace.db.jobs import PROCESS
from calltrace.db.session import OPERATOR_ROLE
from calltrace.kit.children import die_with_parent
from calltrace.kit.ids import uuid7

PATH = "/analyses"
DSN, ORG = "BENCH_DSN", "BENCH_ORG"
"""Names of the environment variables that say where to write."""
_INSERT = """
    INSERT INTO analyses (id, org_id, file_url, file_name, external_id, metadata)
    VALUES ($1, $2, $3, $4, $5, $6)
"""
_ONE = """
    SELECT a.*, (SELECT document FROM transcripts WHERE analysis_id = a.id) AS transcript,
           (SELECT document FROM evaluations WHERE analysis_id = a.id LIMIT 1) AS evaluation
    FROM analyses a WHERE org_id = $1 AND id = $2
"""
_PAGE = """
    SELECT a.*, (SELECT document FROM transcripts WHERE analysis_id = a.id) AS transcript,
           (SELECT document FROM evaluations WHERE analysis_id = a.id LIMIT 1) AS evaluation
    FROM (SELECT * FROM analyses WHERE org_id = $1 AND mode = 'live'
          ORDER BY created_at DESC, id DESC LIMIT $2) AS a
"""


class Wanted(BaseModel):
    """The fields of a submission that the benchmark sends."""

    fileUrl: str  # noqa: N815 - the name on the wire
    fileName: str  # noqa: N815 - the same
    externalId: str  # noqa: N815 - the same
    metadata: dict[str, Any]


class Accepted(BaseModel):
    """The answer."""

    analysisId: str  # noqa: N815 - the name on the wire
    status: str = "queued"


def create_app(dsn: str, org_id: uuid.UUID) -> FastAPI:
    """The application."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        settings = {"role": OPERATOR_ROLE}  # row-level security lets it write without an organisation
        async with asyncpg.create_pool(dsn, max_size=10, server_settings=settings) as pool:  # pyright: ignore[reportUnknownMemberType] - asyncpg ships no complete types
            app.state.pool = pool
            yield

    app = FastAPI(lifespan=lifespan)

    @app.post(PATH, status_code=202)
    async def submit(wanted: Wanted) -> Accepted:  # pyright: ignore[reportUnusedFunction] - registered above
        async with app.state.pool.acquire() as connection, connection.transaction():
            return await _insert(connection, org_id, wanted)

    @app.get(PATH + "/{analysis_id}")
    async def read(analysis_id: uuid.UUID) -> Any:  # pyright: ignore[reportUnusedFunction] - registered above
        async with app.state.pool.acquire() as connection:
            return JSONResponse(_shown(await connection.fetchrow(_ONE, org_id, analysis_id)))

    @app.get(PATH)
    async def page(limit: int) -> Any:  # pyright: ignore[reportUnusedFunction] - registered above
        async with app.state.pool.acquire() as connection:
            rows = await connection.fetch(_PAGE, org_id, limit)
        return JSONResponse({"data": [_shown(row) for row in rows]})

    return app


def _shown(row: Any) -> dict[str, Any]:
    """A row as JSON: the documents are read and written again, as everybody does it."""
    texts = {name: str(value) for name, value in row.items() if value is not None}
    return texts | {name: json.loads(row[name]) for name in ("transcript", "evaluation")}


async def _insert(connection: Any, org_id: uuid.UUID, wanted: Wanted) -> Accepted:
    analysis_id = uuid7()
    values = (wanted.fileUrl, wanted.fileName, wanted.externalId, json.dumps(wanted.metadata))
    await connection.execute(_INSERT, analysis_id, org_id, *values)
    key = f"{org_id}/{analysis_id}"
    queries = Queries(AsyncpgDriver(connection))
    await queries.enqueue(PROCESS, key.encode(), dedupe_key=f"{PROCESS}:{key}", on_conflict="skip")
    return Accepted(analysisId=str(analysis_id))


if __name__ == "__main__":
    die_with_parent()
    uvicorn.run(
        create_app(os.environ[DSN], uuid.UUID(os.environ[ORG])),
        host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", access_log=False,
    )  # fmt: skip
