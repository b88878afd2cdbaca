"""A platform with an account at the payment service of the tests."""

from dataclasses import replace
from pathlib import Path

from calltrace.payments.line import Access, StripeLine
from calltrace.pipeline.context import Platform
from stripe_server import KEY, SECRET, StripeServer


def with_payments(
    platform: Platform, server: StripeServer, ca_file: Path, seconds: float = 5.0, *, metered: bool = False
) -> Platform:
    settings = platform.settings.model_copy(
        update={
            "stripe_secret_key": KEY, "stripe_webhook_secret": f"whsec_of_tomorrow,{SECRET}",
            "stripe_price_starter": "price_starter", "stripe_price_growth": "price_growth",
            **({"stripe_price_overage": "price_cents", "stripe_meter_event": "cents"} if metered else {}),
        }
    )  # fmt: skip
    line = StripeLine(Access(KEY, server.url, ca_file, seconds))
    return replace(platform, settings=settings, stripe=line)
