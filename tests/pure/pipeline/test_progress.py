"""Percent never goes back from stage to stage."""

from calltrace.pipeline.progress import SPANS, percent


def test_stages_follow_each_other_without_going_back() -> None:
    seen = [percent(stage, share) for stage in SPANS for share in (-1.0, 0.0, 0.5, 1.0, 2.0)]
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (0, 100)
