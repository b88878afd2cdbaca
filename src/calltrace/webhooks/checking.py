"""Why a signature does not fit: the checks of a receiver, with what was most likely done wrong.

Pure: nothing is looked up here. No secret and no right signature is ever part of what is said: with one,
whoever may use the check could sign a delivery that was never made.
"""

import base64
import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from standardwebhooks.webhooks import Webhook

from calltrace.kit.signatures import hmac_hex, same
from calltrace.kit.words import Words
from calltrace.webhooks.pasted import Pasted, difference, otherwise
from calltrace.webhooks.wire import Signed
from calltrace.webhooks.wires import CONTRACTS, wire_of

TOLERANCE_SECONDS = 300
"""How old a delivery may be for receivers that follow the samples (Standard Webhooks)."""
_HEX = re.compile(r"[0-9a-f]{64}")
_IN_SIGNATURE = re.compile(r"\bt=([^,\s]*)")
_DIGITS = 10
Fits = Callable[[str, str], bool]
"""Whether a signature is that of a body under a secret."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    kind: Literal["good", "warn", "bad"]
    title: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """A secret, and what it is called: never shown itself."""

    name: str
    secret: str


@dataclass(frozen=True, slots=True)
class Case:
    """What is checked.

    Attributes:
        contract: the endpoint's.
        secrets: that are good, newest first.
        others: of other endpoints, for a mix-up.
        pasted: the request.
        sent: the body that we sent under the id of the delivery, if we did.
        now: for the age.
    """

    contract: str
    secrets: Sequence[Known]
    others: Sequence[Known]
    pasted: Pasted
    sent: str | None
    now: datetime


@dataclass(frozen=True, slots=True)
class Report:
    """What was found, and which bytes a signature is made of (``None`` while the time is missing)."""

    findings: Sequence[Finding]
    signed: str | None

    @property
    def genuine(self) -> bool:
        """Whether a receiver with the right secret accepts it."""
        return all(one.kind != "bad" for one in self.findings)

    @property
    def facts(self) -> str:
        """Length and digest of the signed bytes: to compare with what a receiver computes."""
        content = (self.signed or "").encode()
        return Words(
            "%(count)s bytes, SHA-256 %(digest)s",
            count=len(content),
            digest=hashlib.sha256(content).hexdigest(),
        )


def check(case: Case) -> Report:
    """Look at a request as a receiver does."""
    form = wire_of(case.contract).signed
    missing = list(_missing(case, form))
    timestamp = _timestamp(case.pasted, form)
    if missing or not timestamp:
        return Report(
            missing or [Finding("bad", Words("There is no t= in %(signature)s", signature=form.signature))],
            None,
        )
    findings = [
        Finding("good", Words("All headers are there")),
        *_time(timestamp, case.now),
        *_own(case, form, timestamp),
    ]
    if form.standard:
        findings += _standard(case)
    return Report(findings, f"{timestamp}.{case.pasted.body}")


def _missing(case: Case, form: Signed) -> Iterator[Finding]:
    for name in filter(None, (form.signature, form.timestamp, form.delivery)):
        if not case.pasted.header(name):
            yield Finding("bad", Words("%(name)s is missing", name=name), _instead(case))


def _instead(case: Case) -> str:
    """What is there in place of a header that is missing."""
    for contract in CONTRACTS:
        name = wire_of(contract).signed.signature
        if contract != case.contract and case.pasted.header(name):
            return Words(
                "%(name)s is there: this delivery is of another contract. Choose an endpoint of that one.",
                name=name,
            )
    if not case.pasted.headers:
        return Words("No line reads as a header. Paste them one a line, as Name: value.")
    return Words("A proxy or framework in front of the receiver may drop or rename it.")


def _timestamp(pasted: Pasted, form: Signed) -> str:
    if form.timestamp:
        return pasted.header(form.timestamp)
    found = _IN_SIGNATURE.search(pasted.header(form.signature))
    return found[1] if found else ""


def _time(timestamp: str, now: datetime) -> Iterator[Finding]:
    if not _seconds(timestamp):
        ms, none = Words("The time is in milliseconds"), Words("The time is no number")
        wrong = ms if _seconds(timestamp[:-3]) else none
        yield Finding("bad", wrong, Words("It is sent in whole seconds since 1970."))
        return
    age = int(now.timestamp()) - int(timestamp)
    if abs(age) <= TOLERANCE_SECONDS:
        yield Finding(
            "good",
            Words("The time is fresh"),
            Words("Signed %(age)s s ago.", age=age)
            if age >= 0
            else Words("Signed %(age)s s from now.", age=-age),
        )
    elif age > 0:
        detail = Words(
            "Signed %(age)s s ago. Receivers refuse what is older than %(most)s s."
            " At its time it may have been fresh.",
            age=age, most=TOLERANCE_SECONDS,
        )  # fmt: skip
        yield Finding("warn", Words("The time is too old by now"), detail)
    else:
        yield Finding(
            "warn",
            Words("The time lies ahead"),
            Words("By %(age)s s: one of the two clocks is wrong.", age=-age),
        )


def _seconds(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _DIGITS


def _own(case: Case, form: Signed, timestamp: str) -> Iterator[Finding]:
    """The contract's own signature."""
    given = case.pasted.header(form.signature)
    before, _, digits = given.partition(form.before)
    if form.before not in given or (form.timestamp and before):
        yield Finding(
            "bad",
            Words("%(signature)s does not begin as it should", signature=form.signature),
            Words("It has %(before)s before it.", before=form.before),
        )
        return
    if not _HEX.fullmatch(digits):
        wrong = (
            Words("It was written in capitals.")
            if _HEX.fullmatch(digits.lower())
            else Words("It may have been cut.")
        )
        yield Finding(
            "bad", Words("%(signature)s is not 64 lower-case hex digits", signature=form.signature), wrong
        )
        return

    def fits(secret: str, body: str) -> bool:
        return same(digits, hmac_hex(secret, f"{timestamp}.{body}".encode()))

    yield _verdict(case, form.signature, fits)


def _standard(case: Case) -> Iterator[Finding]:
    """The headers of Standard Webhooks, where they were pasted, too."""
    values = [case.pasted.header(name) for name in ("webhook-id", "webhook-timestamp", "webhook-signature")]
    if not any(values):
        return
    delivery, timestamp, given = values
    if not all(values) or not _seconds(timestamp):
        detail = Words("webhook-id, webhook-timestamp and webhook-signature belong together.")
        yield Finding("warn", Words("The headers of Standard Webhooks are not whole"), detail)
        return

    def fits(secret: str, body: str) -> bool:
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signed = Webhook(key).sign(delivery, datetime.fromtimestamp(int(timestamp), case.now.tzinfo), body)
        return any(same(one, signed) for one in given.split(" "))

    yield _verdict(case, "webhook-signature", fits)


def _verdict(case: Case, header: str, fits: Fits) -> Finding:
    """Whether a signature fits, and if it does not, why: the first reason that explains it."""
    body = case.pasted.body
    for at, one in enumerate(case.secrets):
        if fits(one.secret, body):
            if not at:
                return Finding(
                    "good",
                    Words("%(header)s fits", header=header),
                    Words("Made with %(name)s.", name=one.name),
                )
            detail = Words(
                "Made with %(name)s. A receiver that knows the newest one alone refuses it.", name=one.name
            )
            return Finding("good", Words("%(header)s fits an earlier secret", header=header), detail)
    for why, changed in otherwise(body):
        if any(fits(one.secret, changed) for one in case.secrets):
            return Finding("bad", Words("%(header)s does not fit: the body was changed", header=header), why)
    for one in case.others:
        if fits(one.secret, body):
            return Finding(
                "bad",
                Words("%(header)s is of another endpoint", header=header),
                Words("Made with %(name)s.", name=one.name),
            )
    if case.sent is not None and case.sent != body:
        return Finding(
            "bad",
            Words("%(header)s does not fit: the body was changed", header=header),
            difference(body, case.sent),
        )
    detail = Words(
        "The body or the time was changed, or it was made with a secret that is not good any more."
    )
    if case.sent is not None:
        detail = Words("The body is as it was sent. The time was changed, or the secret was replaced since.")
    return Finding("bad", Words("%(header)s fits no secret of this endpoint", header=header), detail)
