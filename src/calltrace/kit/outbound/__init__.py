"""The one guarded way out: HTTPS for downloads and webhooks, never into private networks.

Order of events, for every hop: judge the URL, resolve the name, judge *every* answer, connect to one of
the judged addresses and to nothing else, verify the certificate against the original name.
"""

from calltrace.kit.outbound.client import Answer, OutboundClient, OutboundResponse
from calltrace.kit.outbound.errors import (
    BadCertificateError,
    HostRefusedError,
    SourceRejectedError,
    UnknownHostError,
    UnreadableAnswerError,
    UrlBlockedError,
    UrlNotHttpsError,
    UrlUnreachableError,
)
from calltrace.kit.outbound.policy import OutboundPolicy
from calltrace.kit.outbound.resolver import Resolver, SystemResolver
from calltrace.kit.outbound.urls import ParsedTarget, judge_url

__all__ = [
    "Answer",
    "BadCertificateError",
    "HostRefusedError",
    "OutboundClient",
    "OutboundPolicy",
    "OutboundResponse",
    "ParsedTarget",
    "Resolver",
    "SourceRejectedError",
    "SystemResolver",
    "UnknownHostError",
    "UnreadableAnswerError",
    "UrlBlockedError",
    "UrlNotHttpsError",
    "UrlUnreachableError",
    "judge_url",
]
