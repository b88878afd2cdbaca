"""Agents and queues: who took the call and where it came in."""
