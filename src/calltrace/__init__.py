"""Call Trace: from a recorded call to a signed, evidenced score."""

__version__ = "0.1.0"
