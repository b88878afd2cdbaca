"""The published samples run against the API, with nothing but host and key replaced (CT-147)."""

import asyncio
import os
import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text

from calltrace.pipeline.context import Platform
from database.conftest import Caller

SAMPLES = Path(__file__).parent / "samples"


@dataclass(frozen=True)
class Language:
    """A sample and the program that runs it."""

    file: str
    program: str
    arguments: tuple[str, ...] = ()

    @property
    def command(self) -> str | None:
        return shutil.which(self.program)


LANGUAGES = [
    Language("sample.mjs", "node"),
    Language("sample.go", "go", ("run",)),
    Language("Sample.java", "java"),
    Language("sample.php", "php"),
]


@pytest.mark.accepts("CT-147")
@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.program)
async def test_the_published_sample_prints_the_id_of_its_analysis(
    language: Language, address: str, caller: Caller, platform: Platform, tmp_path: Path
) -> None:
    if language.command is None:
        pytest.skip(f"{language.program} is not installed")
    source = (SAMPLES / language.file).read_text().replace("https://your-domain.com", address)
    (tmp_path / language.file).write_text(source)
    first, second = [await _run(language, caller, tmp_path) for _ in range(2)]
    assert first == second, "its idempotencyKey makes the second run a replay"
    async with platform.database.tenant(caller.org_id) as session:
        stored = (await session.scalars(text("SELECT id FROM analyses"))).all()
    assert stored == [uuid.UUID(first)]


async def _run(language: Language, caller: Caller, folder: Path) -> str:
    process = await asyncio.create_subprocess_exec(
        language.command or "", *language.arguments, str(folder / language.file),
        env={**os.environ, "CALL_TRACE_API_KEY": caller.token, "GOCACHE": str(folder / "go")},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    said, complaint = await process.communicate()
    assert process.returncode == 0, complaint.decode()
    return said.decode().strip()
