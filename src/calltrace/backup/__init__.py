"""Backup and restore: one consistent state of database, recordings and secret key, in a folder."""
