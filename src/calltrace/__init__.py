"""Call Trace: from a recorded call to a signed, evidenced score."""

import os

__version__ = "0.2.0"

# The official builds of ONNX Runtime report to their maker unless this is set before they are loaded
# (1.29 and later). Calls are confidential, and nothing leaves this machine that nobody asked for.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
