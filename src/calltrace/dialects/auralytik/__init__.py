"""The contract of Auralytik, drop-in."""
