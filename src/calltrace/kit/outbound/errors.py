"""What can go wrong on the way out.

Details never name the address that a host resolved to: an error must not map a private network for
whoever may submit a URL.
"""

from typing import ClassVar

from calltrace.kit.errors import CallTraceError


class UrlNotHttpsError(CallTraceError):
    """The URL, or a redirect's target, has another scheme than https."""

    code = "url_not_https"
    status = 422
    title = "The URL is not HTTPS"


class UrlBlockedError(CallTraceError):
    """The URL is malformed or ambiguous, or leads to an address or port that the policy forbids."""

    code = "url_blocked"
    status = 422
    title = "The URL is not allowed"


class UrlUnreachableError(CallTraceError):
    """No usable answer: too slow, broken off, a server error, or one of the subclasses.

    Attributes:
        certain: whether asking again in a moment would surely end the same way, so that a short
            look before work is accepted may already refuse.
    """

    code = "url_unreachable"
    status = 422
    title = "The URL could not be fetched"
    retryable = True
    certain: ClassVar[bool] = False


class UnknownHostError(UrlUnreachableError):
    """The name does not exist. Retryable all the same: names appear and resolvers stumble."""

    certain = True


class HostRefusedError(UrlUnreachableError):
    """Nothing listens there. Retryable: servers restart."""

    certain = True


class BadCertificateError(UrlUnreachableError):
    """The certificate is not trusted, has expired or belongs to another name."""

    retryable = False
    certain = True


class SourceRejectedError(UrlUnreachableError):
    """The source answered 4xx: it will not hand this out."""

    retryable = False
    certain = True


class UnreadableAnswerError(UrlUnreachableError):
    """An answer that we refuse to read: too many redirects, huge headers, an encoding we did not ask for."""

    retryable = False
