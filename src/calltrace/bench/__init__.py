"""The project's own benchmark: one file a part. Speed is a ratio, measured side by side in one run."""
