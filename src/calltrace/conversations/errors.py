"""Errors of telling of conversations."""

from calltrace.kit.errors import CallTraceError


class MessageConflictError(CallTraceError):
    """A message that says something else has the same external id."""

    code = "message_conflict"
    status = 409
    title = "Another message has this externalId"


class TooManyMessagesError(CallTraceError):
    """A conversation holds no more."""

    code = "too_many_messages"
    status = 409
    title = "The conversation is full"
