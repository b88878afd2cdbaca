"""Organisations, users, roles, API keys and their scopes."""
