"""Uploads with room for several pieces."""

from dataclasses import replace

import pytest

from calltrace.pipeline.context import Platform
from calltrace.recordings.fetch import FetchLimits
from calltrace.recordings.uploads import Uploads

MOST = 20 << 20


@pytest.fixture
def roomy(platform: Platform) -> Platform:
    return replace(platform, limits=FetchLimits(MOST, 10))


@pytest.fixture
def desk(roomy: Platform) -> Uploads:
    return roomy.uploads
