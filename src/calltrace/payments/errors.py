"""What can go wrong with payments."""

from calltrace.kit.errors import InvalidRequestError, UnavailableError


class PaymentsAwayError(UnavailableError):
    """Stripe could not be asked, or would not have what we asked for: nothing was changed here."""

    code = "payments_unavailable"
    title = "Payments are not available"


class PaymentRefusedError(InvalidRequestError):
    """The bank or Stripe refused the payment; the plan stays as it was."""

    code = "payment_refused"
    title = "The payment was refused"


class EventRefusedError(InvalidRequestError):
    """What claims to be an event of Stripe's is not signed with our secret, is too old, or is none."""

    code = "invalid_signature"
    title = "The signature is not right"


class MeterRefusedError(UnavailableError):
    """Stripe would not have what a meter was told: it was certainly not counted."""

    code = "meter_refused"
    title = "Usage could not be told"
