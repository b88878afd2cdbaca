"""What can go wrong with credentials and organisations."""

from calltrace.kit.errors import CallTraceError, InvalidRequestError


class UnauthorizedError(CallTraceError):
    """The API key is missing, malformed, unknown, expired or revoked (acceptance CT-141)."""

    code = "unauthorized"
    status = 401
    title = "A valid API key is required"


class InsufficientScopeError(CallTraceError):
    """The API key does not carry the scope that the operation needs (acceptance CT-142)."""

    code = "insufficient_scope"
    status = 403
    title = "The API key does not include the required scope"


class LiveKeyRequiredError(CallTraceError):
    """A key of mode ``test`` would change what live calls rest on."""

    code = "live_key_required"
    status = 403
    title = "A live API key is required"


class AddressNotAllowedError(CallTraceError):
    """The API key is bound to other addresses."""

    code = "ip_not_allowed"
    status = 403
    title = "The API key may not be used from this address"


class PlanRequiredError(CallTraceError):
    """The organisation's plan does not include this (acceptance CR-052)."""

    code = "plan_required"
    status = 403
    title = "The plan does not include this"


class QuotaExceededError(CallTraceError):
    """The month's quota of the plan is used up; ``Retry-After`` says when there is a new one (CR-055)."""

    code = "quota_exceeded"
    status = 429
    title = "The quota of this month is used up"

    def __init__(self, detail: str, retry_after: int) -> None:
        super().__init__(detail)
        self.headers = {"Retry-After": str(retry_after)}


class MinutesExhaustedError(CallTraceError):
    """The month's minutes are heard or under way, and the plan sells no more of them."""

    code = "minutes_exhausted"
    status = 403
    title = "The minutes of this month are used up"


class RateLimitedError(CallTraceError):
    """Too often in too short a time; ``Retry-After`` says when to go on."""

    code = "rate_limited"
    status = 429
    title = "Too many requests"
    retryable = True

    def __init__(self, detail: str, retry_after: int) -> None:
        super().__init__(detail)
        self.headers = {"Retry-After": str(retry_after)}


class AlreadyExistsError(InvalidRequestError):
    """The name is taken."""

    code = "already_exists"
    status = 409
    title = "It exists already"


class SignInRefusedError(CallTraceError):
    """Unknown address or wrong password: callers cannot tell the two apart."""

    code = "sign_in_refused"
    status = 401
    title = "You could not be signed in"


class EmailNotConfirmedError(CallTraceError):
    """The provider of single sign-on does not vouch for an e-mail address."""

    code = "sign_on_email_unverified"
    status = 403
    title = "Your e-mail address is not confirmed"


class NotInvitedError(CallTraceError):
    """Somebody came by single sign-on whom nobody here knows."""

    code = "sign_on_not_invited"
    status = 403
    title = "You have no account here"


class WrongPasswordError(InvalidRequestError):
    """The current password was not given."""

    code = "wrong_password"
    title = "The password is not right"


class ForbiddenError(CallTraceError):
    """The person who is signed in may not do this."""

    code = "forbidden"
    status = 403
    title = "You may not do this"


class CodeRefusedError(InvalidRequestError):
    """The code of a link is unknown, was used, is too old, or is for something else."""

    code = "code_refused"
    title = "This link does not work any more"


class LastOwnerError(CallTraceError):
    """An organisation keeps one owner who can sign in."""

    code = "last_owner"
    status = 409
    title = "This is the last owner"


class OwnAccountError(CallTraceError):
    """Nobody decides on the own role or takes the own access away."""

    code = "own_account"
    status = 409
    title = "This is your own account"


class UserStateError(CallTraceError):
    """The person is not in a state in which this makes sense."""

    code = "user_state"
    status = 409
    title = "That is not possible for this person now"


class WrongCodeError(InvalidRequestError):
    """The code of the second factor is wrong, was used before, or is too old."""

    code = "wrong_code"
    title = "The code is not right"


class SecondFactorNeededError(CallTraceError):
    """The password is right, and the person has a second factor: that comes next."""

    code = "second_factor_needed"
    status = 401
    title = "A second factor is needed"


class AnswerReusedError(CallTraceError):
    """An idempotency key came again with another request."""

    code = "idempotency_key_reused"
    status = 422
    title = "The idempotency key was used before"


class AnswerPendingError(RateLimitedError):
    """The first request with an idempotency key is still being answered."""


class RegistrationClosedError(CallTraceError):
    """The operator lets nobody register."""

    code = "registration_closed"
    status = 403
    title = "Registration is disabled"


class NotVerifiedError(CallTraceError):
    """The password is right, and the address was never confirmed."""

    code = "email_not_verified"
    status = 403
    title = "Email not verified"
