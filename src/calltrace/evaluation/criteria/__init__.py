"""Kinds of criteria, one file each."""
