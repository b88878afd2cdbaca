"""What people are told of an alert by mail: that there is one, and where; never a word of the call."""

from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.alerts import queries
from calltrace.alerts.models import Alert, AlertRule
from calltrace.kit import clock
from calltrace.mail import service as mail

_SUBJECT = "Alert: {rule}"
_BODY = """\
The alert rule “{rule}” matched a call.

    call:    {url}/calls/{analysis}
    score:   {score}
    time:    {time}

Why it matched is on the page of alerts: {url}/alerts
To get no more of these messages, have an admin take you off the rule.
"""


async def tell(session: AsyncSession, rule: AlertRule, alert: Alert, public_url: str) -> None:
    """Write to the rule's people who are still users, in the transaction of the alert."""
    if not rule.emails:
        return
    score = "none" if alert.score is None else f"{alert.score:g} of 100"
    body = _BODY.format(
        rule=rule.name, url=public_url.rstrip("/"), analysis=alert.analysis_id, score=score,
        time=clock.iso(alert.created_at),
    )  # fmt: skip
    for email in (await queries.known_emails(session, rule.emails)).values():
        await mail.send(session, alert.org_id, email, _SUBJECT.format(rule=rule.name), body)
