"""The server's log does not grow without end."""

from pathlib import Path

from calltrace.db.embedded.log import BoundedLog


def test_at_its_limit_the_log_is_put_aside_and_begun_again(tmp_path: Path) -> None:
    log = BoundedLog(tmp_path / "postgres.log", limit=100)
    for number in range(50):
        log.write(b"line %02d\n" % number)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["postgres.log", "postgres.log.1"]
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 216
    assert (tmp_path / "postgres.log").read_text().endswith("line 49\n")


def test_a_log_that_cannot_be_written_loses_lines_and_nothing_else(tmp_path: Path) -> None:
    BoundedLog(tmp_path / "missing" / "postgres.log").write(b"line\n")
