"""What can go wrong when endpoints and deliveries are managed."""

from calltrace.kit.errors import CallTraceError


class EndpointDisabledError(CallTraceError):
    """Nothing is sent to a disabled endpoint."""

    code = "endpoint_disabled"
    status = 409
    title = "The webhook endpoint is disabled"


class DeliverySuppressedError(CallTraceError):
    """What a mode promised not to send is not sent later, either."""

    code = "delivery_suppressed"
    status = 409
    title = "The delivery was only written down"


class TooManyEndpointsError(CallTraceError):
    """The organisation has as many endpoints as it may have."""

    code = "too_many_endpoints"
    status = 409
    title = "There are too many webhook endpoints"


class TooManySecretsError(CallTraceError):
    """The endpoint was rotated several times in a row, and every secret is good still."""

    code = "too_many_secrets"
    status = 409
    title = "There are too many secrets"
