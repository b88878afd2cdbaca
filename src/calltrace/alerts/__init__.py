"""Rules that look at every call as it is evaluated, and the alerts that they raise."""
