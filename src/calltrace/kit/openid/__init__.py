"""Signing people in by an OpenID provider (OpenID Connect Core 1.0): the part that talks to it."""

from calltrace.kit.openid.begun import Begun
from calltrace.kit.openid.provider import Identity, Provider, Registered

__all__ = ["Begun", "Identity", "Provider", "Registered"]
