"""Scorecard documents: sections, criteria, versions, YAML in and out."""
