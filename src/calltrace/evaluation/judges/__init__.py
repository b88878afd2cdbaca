"""Judges: who decides a criterion, and how."""
