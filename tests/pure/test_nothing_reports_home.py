"""Libraries that report to their makers are told not to, before they are loaded."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SUPPRESSED = ("CI", "GITHUB_ACTIONS", "TF_BUILD", "ORT_RUNNING_UNIT_TESTS")
"""Where the library would be silent anyway, and the test would show nothing."""
MODULES = ("calltrace.pipeline.child", "calltrace.cli.main", "calltrace.bench.speech")


@pytest.mark.parametrize("module", MODULES)
def test_onnx_runtime_makes_no_identifier_and_no_session(module: str, tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if name not in SUPPRESSED}
    folders = {name: str(tmp_path) for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME")}
    code = f"import {module}, onnxruntime; print(onnxruntime.get_available_providers())"
    done = subprocess.run(
        [sys.executable, "-c", code], env=kept | folders | {"ORT_DISABLE_TELEMETRY": "0"},
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    assert "CPUExecutionProvider" in done.stdout
    assert [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")] == []
