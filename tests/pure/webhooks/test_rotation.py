"""Several secrets at once: who signs, and until when."""

from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from calltrace.kit.signatures import hmac_hex, new_endpoint_secret
from calltrace.webhooks import rotation
from calltrace.webhooks.errors import TooManySecretsError
from calltrace.webhooks.models import Endpoint
from calltrace.webhooks.signing import signed_headers

NOW = datetime(2026, 6, 19, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
BODY = '{"a":1}'


def _endpoint() -> Endpoint:
    return Endpoint(sealed_secret="A", previous_secrets=[])


@pytest.mark.accepts("CT-132")
def test_the_native_header_has_one_signature_and_it_is_the_oldest_secrets() -> None:
    new, old, unknown = (new_endpoint_secret() for _ in range(3))
    now = datetime.now(UTC)
    headers = signed_headers([new, old], "whd_x", BODY, now)
    signed = f"{headers['X-CallTrace-Timestamp']}.{BODY}".encode()
    assert headers["X-CallTrace-Signature"] == "sha256=" + hmac_hex(old, signed)
    first, second = headers["webhook-signature"].split(" ")
    assert first == Webhook(new).sign("whd_x", now, BODY)
    assert second == Webhook(old).sign("whd_x", now, BODY)
    for secret in (new, old):
        assert Webhook(secret).verify(BODY, headers) == {"a": 1}
    with pytest.raises(WebhookVerificationError):
        Webhook(unknown).verify(BODY, headers)


def test_the_secret_of_before_is_good_until_its_overlap_ends() -> None:
    endpoint = _endpoint()
    rotation.replace(endpoint, "B", 24 * HOUR, NOW)
    assert rotation.good_secrets(endpoint, NOW + 23 * HOUR) == ("B", "A")
    assert rotation.last_until(endpoint, NOW) == NOW + 24 * HOUR
    assert rotation.good_secrets(endpoint, NOW + 24 * HOUR) == ("B",)
    assert rotation.last_until(endpoint, NOW + 24 * HOUR) is None


def test_a_second_rotation_breaks_no_promise_of_the_first() -> None:
    endpoint = _endpoint()
    rotation.replace(endpoint, "B", 24 * HOUR, NOW)
    rotation.replace(endpoint, "C", HOUR, NOW + HOUR)
    assert rotation.good_secrets(endpoint, NOW + HOUR) == ("C", "B", "A")
    assert rotation.good_secrets(endpoint, NOW + 3 * HOUR) == ("C", "A")
    assert rotation.last_until(endpoint, NOW + HOUR) == NOW + 24 * HOUR
    assert rotation.good_secrets(endpoint, NOW + 25 * HOUR) == ("C",)


def test_no_overlap_ends_every_earlier_secret_at_once() -> None:
    endpoint = _endpoint()
    rotation.replace(endpoint, "B", 24 * HOUR, NOW)
    rotation.replace(endpoint, "C", timedelta(0), NOW)
    assert rotation.good_secrets(endpoint, NOW) == ("C",)
    assert endpoint.previous_secrets == []


def test_too_many_secrets_at_once_are_refused_and_nothing_changes() -> None:
    endpoint = _endpoint()
    for name in "BCDE":
        rotation.replace(endpoint, name, HOUR, NOW)
    with pytest.raises(TooManySecretsError):
        rotation.replace(endpoint, "F", HOUR, NOW)
    assert rotation.good_secrets(endpoint, NOW) == ("E", "D", "C", "B", "A")
    rotation.replace(endpoint, "F", HOUR, NOW + HOUR)  # their time is over
    assert rotation.good_secrets(endpoint, NOW + HOUR) == ("F", "E")


def test_what_ended_is_forgotten_and_what_is_good_is_kept() -> None:
    endpoint = _endpoint()
    rotation.replace(endpoint, "B", HOUR, NOW)
    rotation.replace(endpoint, "C", 5 * HOUR, NOW)
    rotation.forget_ended(endpoint, NOW + 2 * HOUR)
    assert [one["sealed"] for one in endpoint.previous_secrets] == ["B"]
