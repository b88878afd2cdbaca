"""What the jobs of one worker share, built once from the settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from calltrace.accounts import plans
from calltrace.accounts.access import Tokens
from calltrace.accounts.models import Plan
from calltrace.accounts.quotas import Quotas
from calltrace.accounts.usage import Meter
from calltrace.analyses.links import RecordingLinks
from calltrace.analyses.minutes import Minutes
from calltrace.analyses.submit import Intake
from calltrace.db.session import Database
from calltrace.evaluation.model.server import chosen_model
from calltrace.kit.children import Child
from calltrace.kit.encryption import SecretBox
from calltrace.kit.openid import Provider, Registered
from calltrace.kit.outbound import OutboundClient, OutboundPolicy
from calltrace.payments.line import Access, StripeLine
from calltrace.payments.metering import Metering
from calltrace.payments.service import Payments
from calltrace.recordings.fetch import FetchLimits
from calltrace.recordings.links import UploadLinks
from calltrace.recordings.uploads import Uploads
from calltrace.recordings.vault import Vault
from calltrace.settings import Settings
from calltrace.speech.engines.catalogue import chosen
from calltrace.storage import ObjectStore

STALL_SECONDS = 300.0
"""How long a child may be silent: model loading and one batch of speech take seconds, not minutes."""


@dataclass(frozen=True, slots=True)
class Platform:
    """The parts that the API and the workers share."""

    settings: Settings
    database: Database
    client: OutboundClient
    box: SecretBox
    store: ObjectStore
    vault: Vault
    links: RecordingLinks
    policy: OutboundPolicy
    limits: FetchLimits
    meter: Meter = field(default_factory=Meter)
    quotas: Quotas = field(default_factory=Quotas)
    minutes: Minutes = field(default_factory=Minutes)
    stripe: StripeLine | None = None
    provider: Provider | None = None

    @property
    def public_url(self) -> str:
        """Where people and integrators reach this installation."""
        return self.links.public_url

    @property
    def uploads(self) -> Uploads:
        """What uploading needs of them."""
        links = UploadLinks(self.links.public_url, self.links.secrets)
        return Uploads(self.database, self.store, self.box, links, self.limits)

    @property
    def intake(self) -> Intake:
        """What taking in an analysis needs of them."""
        probe = self.settings.fetch_probe == "on"
        return Intake(
            self.database, self.client, self.limits, self.uploads, probe=probe, quotas=self.quotas,
            plans=self.plans, minutes=self.minutes,
        )  # fmt: skip

    @property
    def tokens(self) -> Tokens:
        """Access tokens of people."""
        return Tokens(self.links.secrets)

    @property
    def plans(self) -> Mapping[Plan, plans.Terms]:
        """What each plan costs, includes and allows here."""
        return plans.catalogue(self.settings.data_dir)

    @property
    def payments(self) -> Payments | None:
        """Where plans are paid for, if they are."""
        if self.stripe is None:
            return None
        prices: Mapping[Plan, str] = {
            "pro": self.settings.stripe_price_starter, "business": self.settings.stripe_price_growth,
        }  # fmt: skip
        return Payments(self.stripe, prices, self.database, self.public_url, self.metering)

    @property
    def metering(self) -> Metering | None:
        """Where minutes above a plan are charged, if they are."""
        event, price = self.settings.stripe_meter_event, self.settings.stripe_price_overage
        if self.stripe is None or not event:
            return None
        return Metering(self.database, self.stripe, event, price, self.plans)

    async def close(self) -> None:
        """Write down what was only counted, and let go of connections."""
        await self.meter.close(self.database)
        await self.quotas.close(self.database)
        await self.minutes.close(self.database)
        if self.stripe is not None:
            await self.stripe.close()
        await self.database.close()


def build_platform(settings: Settings, dsn: str, secret_key: str, public_url: str) -> Platform:
    """Connect the parts. Nothing is contacted yet."""
    policy = OutboundPolicy(
        allow_cidrs=settings.outbound_allow_cidrs,
        ports=frozenset(settings.outbound_ports),
        ca_file=settings.outbound_ca_file,
    )
    secrets = tuple(part.strip() for part in secret_key.split(",") if part.strip())
    box, client = SecretBox(secret_key), OutboundClient(policy)
    store = ObjectStore.from_url(settings.effective_storage_url)
    return Platform(
        settings=settings,
        database=Database(dsn),
        client=client,
        box=box,
        store=store,
        vault=Vault(store, box),
        links=RecordingLinks(public_url, secrets),
        policy=policy,
        limits=FetchLimits(settings.fetch_max_bytes, settings.fetch_timeout_seconds),
        stripe=stripe_line(settings),
        provider=_provider(settings, client),
    )


def stripe_line(settings: Settings) -> StripeLine | None:
    """The operator's account at Stripe, if there is one."""
    if not settings.stripe_secret_key:
        return None
    return StripeLine(Access(settings.stripe_secret_key, settings.stripe_url, settings.outbound_ca_file))


def _provider(settings: Settings, client: OutboundClient) -> Provider | None:
    """Who signs people in beside their passwords, if anybody does."""
    if not settings.oidc_issuer:
        return None
    registered = Registered(settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret)
    return Provider(registered, client)


def build_child(settings: Settings, work_dir: Path) -> Child:
    """The worker's child for decoding, hearing and evaluating; it keeps the models warm."""
    environment = {
        "CALLTRACE_CHILD_ENGINE": chosen(settings).model_dump_json(),
        "CALLTRACE_CHILD_MODEL": chosen_model(settings).model_dump_json(),
        "CALLTRACE_CHILD_THREADS": str(settings.asr_threads),
        "CALLTRACE_CHILD_MAX_SECONDS": str(settings.max_duration_seconds),
        "CALLTRACE_CHILD_LOG_LEVEL": settings.log_level,
        "CALLTRACE_CHILD_LOG_FORMAT": settings.log_format,
        "TMPDIR": str(work_dir),
        **({"OPENBLAS_NUM_THREADS": str(settings.asr_threads)} if settings.asr_threads else {}),
    }
    return Child("calltrace.pipeline.child", stall_seconds=STALL_SECONDS, environment=environment)
