"""What can go wrong on the way to a page, beside what services say."""

from calltrace.kit.errors import CallTraceError


class SignInNeededError(CallTraceError):
    """Nobody is signed in, or not any more: answered by the way to the sign-in page."""

    code = "sign_in_needed"
    status = 401
    title = "Please sign in"


class SecondFactorOwedError(CallTraceError):
    """The organisation asks for a second factor: answered by the way to the page that sets one up."""

    code = "second_factor_owed"
    status = 403
    title = "Please set up a second factor"


class ForgedFormError(CallTraceError):
    """The form was not sent from a page of ours in this session."""

    code = "forged_form"
    status = 403
    title = "This form was not accepted"


class FormSentBeforeError(CallTraceError):
    """The form did its work already: a reload or the back button sent it again."""

    code = "form_sent_before"
    status = 409
    title = "This form was sent before"


class FormTooOldError(CallTraceError):
    """The form was opened too long ago."""

    code = "form_too_old"
    status = 409
    title = "This form is too old"


class MethodNotAllowedError(CallTraceError):
    """The page exists, but takes no such request."""

    code = "method_not_allowed"
    status = 405
    title = "That is not possible here"
