"""Writes docs/scorecard.schema.json; a test says when it has to be written again."""

from pathlib import Path

from calltrace.scorecards.schema import schema_text

if __name__ == "__main__":
    target = Path(__file__).parent.parent / "docs" / "scorecard.schema.json"
    target.write_text(schema_text(), encoding="utf-8")
    print(target)
