"""Who a worker is to the queue. Apart from the worker, so that its supervisor starts without loading it."""

import os
import socket
import uuid

WORKER_NAME = "CALLTRACE_WORKER_NAME"
"""Set by the supervisor: names this worker on this machine."""


def worker_identity() -> uuid.UUID:
    """Who this worker is to the queue: a supervised one is the same after each restart.

    Its supervisor starts it again only when its predecessor has ended, so what that one held is its own.
    """
    name = os.environ.get(WORKER_NAME)
    return uuid.uuid5(uuid.NAMESPACE_OID, f"{socket.gethostname()}:{name}") if name else uuid.uuid4()
