"""``DELETE /api/v1/analyses/{id}``: erase a call and everything that came of it; and the receipts of that."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request

from calltrace.analyses import erase
from calltrace.analyses.erase import Receipt
from calltrace.api.deps import ActorDep, PlatformDep, Reader, Writer, only_known, path_id
from calltrace.api.openapi import problems
from calltrace.api.parameters import Limit, Position
from calltrace.api.schemas import Wire
from calltrace.kit import clock

router = APIRouter(tags=["Analyses"])


class ErasedCounts(Wire):
    """How much there was of each kind."""

    recordings: int
    transcripts: int
    evaluations: int
    deliveries: int
    attempts: int
    uploads: int
    conversations: int = 0
    surveys: int = 0


class ErasureReceipt(Wire):
    """What was erased, and when; the audit trail keeps it under ``receiptId``."""

    receipt_id: str
    analysis_id: str
    erased_at: str
    erased: ErasedCounts

    @classmethod
    def of(cls, receipt: Receipt) -> "ErasureReceipt":
        """The receipt as it is answered."""
        return cls(
            receipt_id=str(receipt.receipt_id),
            analysis_id=receipt.analysis_id,
            erased_at=clock.iso(receipt.erased_at),
            erased=ErasedCounts(**receipt.erased),
        )


class ErasureList(Wire):
    """One page; ``nextCursor`` is null on the last one."""

    data: list[ErasureReceipt]
    next_cursor: str | None


@router.delete("/analyses/{analysis_id}", responses=problems(401, 403, 404, 500, 503))
async def erase_analysis(
    analysis_id: str, platform: PlatformDep, principal: Writer, actor: ActorDep
) -> ErasureReceipt:
    """Erase audio, transcript, evaluations, webhook snapshots and uploads of an analysis, for good.

    It cannot be undone. An analysis that is being processed is stopped. A webhook that is on its way at this
    moment still arrives. A retry of the request that made it, with the same idempotency key, is answered as
    before and brings nothing back.
    """
    receipt = await erase.erase(
        platform.database, platform.vault, actor, principal.org_id, path_id(analysis_id), principal.mode
    )
    return ErasureReceipt.of(receipt)


@router.get("/erasures", responses=problems(400, 401, 403, 500, 503))
async def list_erasures(
    request: Request,
    platform: PlatformDep,
    principal: Reader,
    analysis_id: Annotated[UUID | None, Query(alias="analysisId")] = None,
    limit: Limit = 50,
    cursor: Position = None,
) -> ErasureList:
    """Receipts of what was erased, newest first: for whoever lost the answer to a DELETE."""
    only_known(request, frozenset({"analysisId", "limit", "cursor"}))
    async with platform.database.tenant(principal.org_id) as session:
        found, following = await erase.page(session, principal.mode, analysis_id, cursor=cursor, limit=limit)
    return ErasureList(data=[ErasureReceipt.of(one) for one in found], next_cursor=following)


@router.get("/erasures/{receipt_id}", responses=problems(401, 403, 404, 500, 503))
async def get_erasure(receipt_id: str, platform: PlatformDep, principal: Reader) -> ErasureReceipt:
    """One receipt."""
    async with platform.database.tenant(principal.org_id) as session:
        return ErasureReceipt.of(await erase.find(session, path_id(receipt_id), principal.mode))
