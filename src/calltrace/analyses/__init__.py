"""The aggregate: submit, lifecycle, read, list."""
