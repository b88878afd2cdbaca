"""Surveys as a CSV file (``survey_lines``), one a line: all of them are put in place, or none."""

import asyncio
import uuid
from dataclasses import dataclass
from itertools import islice
from typing import IO

from calltrace.accounts.audit import Actor, Deed, record
from calltrace.accounts.models import Mode
from calltrace.analyses import survey_lines, surveys
from calltrace.analyses.survey_lines import fault, refusal
from calltrace.db.session import Database
from calltrace.kit.errors import FieldError

MOST_BYTES = 32 * 1024 * 1024
_AT_A_TIME = 500


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of a file."""

    created: int
    updated: int


async def take(database: Database, org_id: uuid.UUID, actor: Actor, mode: Mode, file: IO[bytes]) -> Imported:
    """Put the surveys of a file in place: all of them, or none.

    Raises:
        InvalidRequestError: with what is wrong, by line. SurveyFileTooLargeError: it has too many lines.
    """
    lines = survey_lines.read(file)
    faults, counts = list[FieldError](), {True: 0, False: 0}
    written = dict[uuid.UUID, int]()
    async with database.tenant(org_id) as session:
        await surveys.hold(session, org_id)
        while some := await asyncio.to_thread(lambda: list(islice(lines, _AT_A_TIME))):
            good = [(one.number, one.told) for one in some if one.told is not None]
            done = await surveys.put(session, org_id, mode, [told for _number, told in good])
            faults += [wrong for one in some for wrong in one.faults]
            for (number, _told), put in zip(good, done, strict=True):
                if put.fault is not None:
                    faults.append(fault(number, put.fault.pointer[1:], put.fault.detail))
                elif put.row is not None:
                    if earlier := written.get(put.row.id):
                        faults.append(fault(number, "", f"The survey of line {earlier} comes again."))
                    written[put.row.id] = number
                    counts[put.new] += 1
            session.expunge_all()
            if len(faults) > survey_lines.MOST_FAULTS:
                break
        if faults:
            raise refusal(faults)
        made = Imported(counts[True], counts[False])
        facts = {"mode": mode, "created": made.created, "updated": made.updated}
        await record(session, org_id, actor, Deed("surveys.imported", None, facts))
    return made
