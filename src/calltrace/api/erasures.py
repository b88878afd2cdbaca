"""``DELETE /api/v1/analyses/{id}``: erase a call and everything that came of it."""

from fastapi import APIRouter

from calltrace.analyses.erase import Receipt, erase
from calltrace.api.deps import ActorDep, PlatformDep, Writer, path_id
from calltrace.api.openapi import problems
from calltrace.api.schemas import Wire
from calltrace.kit import clock

router = APIRouter(prefix="/analyses", tags=["Analyses"])


class ErasedCounts(Wire):
    """How much there was of each kind."""

    recordings: int
    transcripts: int
    evaluations: int
    deliveries: int
    attempts: int
    uploads: int


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


@router.delete("/{analysis_id}", responses=problems(401, 403, 404, 500, 503))
async def erase_analysis(
    analysis_id: str, platform: PlatformDep, principal: Writer, actor: ActorDep
) -> ErasureReceipt:
    """Erase audio, transcript, evaluations, webhook snapshots and uploads of an analysis, for good.

    It cannot be undone. An analysis that is being processed is stopped. A webhook that is on its way at this
    moment still arrives. A retry of the request that made it, with the same idempotency key, is answered as
    before and brings nothing back.
    """
    receipt = await erase(
        platform.database, platform.vault, actor, principal.org_id, path_id(analysis_id), principal.mode
    )
    return ErasureReceipt.of(receipt)
