"""Audio to transcript: who said what, when, in which language. Pure: no database."""
