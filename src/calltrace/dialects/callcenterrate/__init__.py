"""The contract of Call Center Rate, drop-in."""
