"""The JSON schema of scorecard files, by which editors check them (docs/scorecard.schema.json)."""

import json
from typing import Any

from calltrace.scorecards.document import Scorecard


def json_schema() -> dict[str, Any]:
    """The schema (draft 2020-12) of the YAML form, with its snake_case names.

    It says what the shape is. Rules across fields (unknown acts, patterns, circles of conditions, keys that
    differ) are told by the import alone.
    """
    schema = Scorecard.model_json_schema(by_alias=False, mode="validation")
    schema.pop("description", None)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Call Trace scorecard",
        **{name: value for name, value in schema.items() if name != "title"},
    }


def schema_text() -> str:
    """The schema as the file that is published."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
