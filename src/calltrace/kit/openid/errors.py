"""What can go wrong between us and an OpenID provider."""

from calltrace.kit.errors import CallTraceError


class ProviderAwayError(CallTraceError):
    """The provider of single sign-on does not answer, or not as one does."""

    code = "sign_on_unavailable"
    status = 503
    title = "Single sign-on does not work at the moment"
    retryable = True


class SignOnRefusedError(CallTraceError):
    """The provider of single sign-on let nobody in."""

    code = "sign_on_refused"
    status = 403
    title = "Your provider did not sign you in"


class SignOnNotBegunError(CallTraceError):
    """An answer of the provider to a sign-in that this browser did not begin, or began too long ago."""

    code = "sign_on_not_begun"
    status = 400
    title = "This sign-in was not begun here"


class SignOnTokenError(CallTraceError):
    """What the provider says of a person is not signed by it, not for us, not for this sign-in, or over."""

    code = "sign_on_token_refused"
    status = 403
    title = "The answer of your provider was not accepted"
