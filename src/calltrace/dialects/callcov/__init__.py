"""The contract of CallCov, drop-in."""
