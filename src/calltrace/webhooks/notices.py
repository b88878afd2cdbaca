"""What owners and admins are told when the platform itself stops sending to an endpoint."""

from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import queries as accounts
from calltrace.kit import clock
from calltrace.mail import service as mail
from calltrace.webhooks.models import Endpoint

_SUBJECT = "Call Trace stopped sending webhooks to {host}"
_BODY = """\
Call Trace no longer sends webhooks to this endpoint:

    URL:     {url}
    id:      {id}
    mode:    {mode}
    events:  {events}
    since:   {disabled_at}
    reason:  {reason}

Deliveries that were waiting ended as failed, and events from now on are not written down for it.
Nothing that was analysed is lost: analyses and their results stay where they are.

When the receiver is in order again:

  1. enable the endpoint: on the page Integrations, by
     PATCH /api/v1/webhook-endpoints/{id} with {{"disabled": false}}, or by
     calltrace webhooks enable --org {org} {id}
  2. send again what it missed until it was disabled: by
     POST /api/v1/webhook-endpoints/{id}/redeliver with a time range, or by
     calltrace webhooks replay --org {org} --endpoint {id} --from TIME --to TIME
  3. ask GET /api/v1/analyses for what was completed while it was disabled.
"""


async def tell_admins(session: AsyncSession, endpoint: Endpoint) -> None:
    """Write one message to every owner and admin of the organisation, in the transaction of the deed."""
    url = without_query(endpoint.url)
    body = _BODY.format(
        url=url, id=endpoint.id, mode=endpoint.mode, events=", ".join(endpoint.events), org=endpoint.org_id,
        disabled_at=clock.iso(endpoint.disabled_at or clock.now()), reason=endpoint.disabled_reason,
    )  # fmt: skip
    subject = _SUBJECT.format(host=url.removeprefix("https://").partition("/")[0])
    for user in await accounts.administrators(session):
        await mail.send(session, endpoint.org_id, user.email, subject, body)


def without_query(url: str) -> str:
    """A URL for the eyes of others: what follows the path can be a password."""
    return url.partition("?")[0].partition("#")[0]
