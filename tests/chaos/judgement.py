"""Nothing lost, nothing twice: every promise held against what was recorded and received."""

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from calltrace.kit.signatures import hmac_hex
from chaos.load import Ticket
from chaos.plan import CODES_OF_FILES, CODES_OF_KILLS
from chaos.records import Records

Received = list[tuple[dict[str, str], bytes]]
_ENDS = {"completed": "analysis.completed", "failed": "analysis.failed"}


def submissions(tickets: list[Ticket], records: Records) -> Iterator[str]:
    """One analysis for each key that was answered, none or one for each that was not."""
    by_key = defaultdict[str, list[Any]](list)
    for analysis in records.analyses:
        by_key[analysis.external_id].append(analysis)
        if analysis.key != analysis.external_id:
            yield f"{analysis.id}: its key is {analysis.key} and not {analysis.external_id}"
    for ticket in tickets:
        found = {one.id for one in by_key.pop(ticket.key, [])}
        if ticket.patience is None and (len(ticket.answers) != 1 or found != ticket.answers):
            yield f"{ticket.key}: answered {sorted(ticket.answers)}, stored {sorted(found)}"
        if len(found) > 1:
            yield f"{ticket.key}: {len(found)} analyses"
    for key in by_key:
        yield f"{key}: an analysis that nobody asked for"


def endings(tickets: list[Ticket], records: Records) -> Iterator[str]:
    """Each ends once: completed, or failed with a code that says why."""
    paths = {ticket.key: ticket.path for ticket in tickets}
    for one in records.analyses:
        expected = CODES_OF_FILES.get(paths.get(one.external_id, ""))
        foreseen = CODES_OF_KILLS | ({expected} if expected else set[str]())
        if one.status == "failed" and one.code not in foreseen:
            yield f"{one.id} ({paths.get(one.external_id)}): failed with {one.code}"
        if one.status == "completed" and (expected or (one.evaluations, one.transcripts) != (1, 1)):
            yield f"{one.id}: completed with {one.evaluations} evaluations, {one.transcripts} transcripts"
        if one.status not in _ENDS or one.claimed:
            yield f"{one.id}: {one.status}, claimed: {one.claimed}"


def events(records: Records, received: Received, secret: str) -> Iterator[str]:
    """Each event has one delivery, and that was received under its id with the same body each time."""
    bodies = defaultdict[str, set[str]](set)
    for head, body in received:
        bodies[head["x-calltrace-delivery"]].add(body.decode())
        signed = head["x-calltrace-timestamp"].encode() + b"." + body
        if head["x-calltrace-signature"] != "sha256=" + hmac_hex(secret, signed):
            yield f"{head['x-calltrace-delivery']}: wrongly signed"
    deliveries = records.deliveries_of()
    for analysis in records.analyses:
        names = sorted(one.event for one in deliveries[analysis.id])
        if names != sorted(["analysis.created", _ENDS.get(analysis.status, "its end")]):
            yield f"{analysis.id} ({analysis.status}): events {names}"
    for one in records.deliveries:
        yield from _delivery(one, bodies.pop(one.id, set()))
    for stranger in bodies:
        yield f"{stranger}: received, but not recorded"


def _delivery(one: Any, bodies: set[str]) -> Iterator[str]:
    if bodies != {one.body} or json.loads(one.body)["deliveryId"] != one.id:
        yield f"{one.id} {one.event}: received with {len(bodies)} bodies"
    if one.status != "delivered" or one.successes < 1:
        yield f"{one.id} {one.event}: {one.status} with {one.successes} successes"
    if not one.attempts == one.written == one.last:
        yield f"{one.id}: {one.attempts} attempts counted, {one.written} written, last {one.last}"


def leftovers(
    records: Records, objects: set[str], files: list[str], unfinished: dict[str, int]
) -> Iterator[str]:
    """No job, no object and no file that nothing names."""
    yield from (f"{number} {kind} are unfinished" for kind, number in unfinished.items() if number)
    yield from (f"stored, but named by no row: {key}" for key in sorted(objects - records.named_objects))
    yield from (f"a recording that no analysis has: {key}" for key in records.unused_recordings)
    yield from (f"left in the work folder: {name}" for name in files)
