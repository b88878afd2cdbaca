"""Small scorecards."""

import uuid

from calltrace.accounts.audit import OPERATOR
from calltrace.db.session import Database
from calltrace.scorecards import service
from calltrace.scorecards.document import Scorecard
from calltrace.scorecards.queries import Stored
from calltrace.scorecards.yaml import load_scorecard

YAML = """\
key: {key}
name: {name}
sections:
  - name: All
    criteria:
      - {{key: {key}_said, name: Says it, points: 10, check: {{kind: said, cues: [{{patterns: [{words}]}}]}}}}
"""


def card(key: str = "renewals", name: str = "Renewals", words: str = "good morning") -> Scorecard:
    return load_scorecard(YAML.format(key=key, name=name, words=words))


async def stored(database: Database, org: uuid.UUID, external_id: str | None = None, **words: str) -> Stored:
    async with database.tenant(org) as session:
        return await service.create(session, org, OPERATOR, card(**words), external_id)
