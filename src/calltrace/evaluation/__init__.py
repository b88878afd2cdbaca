"""Transcript and scorecard to results with evidence. Pure: no database."""
