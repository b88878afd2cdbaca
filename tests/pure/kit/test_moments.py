"""Times of calls, far from the edges of time."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from calltrace.analyses.importing import ConversationEntry
from calltrace.kit.moments import of_a_call

EDGES = ["0001-01-01T00:00:00Z", "1989-12-31T23:59:59Z", "2200-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00"]


@pytest.mark.parametrize("written", EDGES)
def test_at_the_edges_of_time_there_are_no_calls(written: str) -> None:
    with pytest.raises(ValueError, match="between 1990 and 2199"):
        of_a_call(datetime.fromisoformat(written))
    with pytest.raises(ValidationError, match="between 1990 and 2199"):
        ConversationEntry.model_validate({"externalId": "1", "channelId": "web", "startedAt": written})


@pytest.mark.parametrize("year", [1990, 2199])
def test_between_them_there_are(year: int) -> None:
    moment = datetime(year, 6, 1, tzinfo=UTC)
    assert of_a_call(moment) == moment
