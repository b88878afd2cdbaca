"""Runners of batches: with the real child, and with one that always crashes."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest

from calltrace.kit.children import Child
from calltrace.pipeline.batches import BatchRunner
from calltrace.pipeline.context import Platform, build_child


@pytest.fixture
async def runner(platform: Platform, tmp_path: Path) -> AsyncGenerator[BatchRunner]:
    child = build_child(platform.settings, tmp_path)
    yield BatchRunner(platform, child, [])
    await child.close()


@pytest.fixture
def crashing(platform: Platform) -> BatchRunner:
    """Its child ends before it answers, every time."""
    settings = platform.settings.model_copy(update={"processing_retry_schedule": (1, 2)})
    child = Child("calltrace.there_is_no_such_module", stall_seconds=30, environment={})
    return BatchRunner(replace(platform, settings=settings), child, [])
