"""Questions over finished analyses: answered from roll-ups, so that a year takes milliseconds."""
