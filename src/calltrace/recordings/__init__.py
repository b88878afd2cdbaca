"""A call's audio and its facts: fetch, sniff, store, decode."""
