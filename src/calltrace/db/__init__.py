"""Engine, sessions, row-level security, embedded server, migrations."""
