"""Codes of authenticators, against the vectors of RFC 6238."""

import uuid
from base64 import b32encode
from datetime import UTC, datetime, timedelta

import pytest

from calltrace.accounts import second_factor
from calltrace.accounts.errors import WrongCodeError
from calltrace.accounts.models import User
from calltrace.accounts.second_factor import step_of
from calltrace.kit import clock
from calltrace.kit.encryption import SecretBox

RFC = b32encode(b"12345678901234567890").decode()
"""The secret of RFC 6238, appendix B; its codes have eight digits, of which authenticators show six."""
BOX = SecretBox("a secret of the tests")


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"),
     (2000000000, "279037"), (20000000000, "353130")],
)  # fmt: skip
def test_the_vectors_of_the_rfc(seconds: int, code: str) -> None:
    assert step_of(RFC, code, datetime.fromtimestamp(seconds, UTC), None) == seconds // 30


def test_a_clock_may_be_half_a_minute_off() -> None:
    then = datetime.fromtimestamp(1234567890, UTC)
    good = [
        off for off in (-61, -30, 0, 30, 61) if step_of(RFC, "005924", then + timedelta(seconds=off), None)
    ]
    assert good == [-30, 0, 30]


def test_a_code_is_good_once_and_so_are_the_ones_before_it() -> None:
    at = datetime.fromtimestamp(1234567890, UTC)
    step = step_of(RFC, "005924", at, None)
    assert step is not None
    assert step_of(RFC, "005924", at, step) is None
    assert step_of(RFC, "005924", at, step - 1) == step


def _user(**values: object) -> User:
    return User(id=uuid.uuid4(), email="x@v.test", sealed_totp=BOX.seal(RFC), **values)


def test_what_was_taken_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime.fromtimestamp(1234567890, UTC))
    user = _user(totp_step=None, recovery_hashes=[])
    assert second_factor.take(BOX, user, " 005 924 ")
    assert not second_factor.take(BOX, user, "005924")
    assert not second_factor.take(BOX, user, "")
    assert not second_factor.take(BOX, user, "٠٠٥٩٢٤")


def test_a_recovery_code_is_good_once_however_it_is_written() -> None:
    codes = second_factor.recovery_codes()
    assert len(set(codes)) == second_factor.RECOVERY_CODES
    user = _user(totp_step=None, recovery_hashes=second_factor.hashes(codes))
    assert codes[0] not in str(user.recovery_hashes)
    assert second_factor.take(BOX, user, codes[0].upper().replace("-", " "))
    assert not second_factor.take(BOX, user, codes[0])
    assert second_factor.take(BOX, user, codes[1])
    assert len(user.recovery_hashes) == second_factor.RECOVERY_CODES - 2


def test_a_secret_on_offer_is_one_persons() -> None:
    mine, secret = uuid.uuid4(), second_factor.new_secret()
    sealed = second_factor.sealed_offer(BOX, mine, secret)
    assert secret not in sealed
    assert second_factor.offered(BOX, mine, sealed) == secret
    for owner, text in ((uuid.uuid4(), sealed), (mine, sealed[:-4]), (mine, BOX.seal("x y")), (mine, "")):
        with pytest.raises(WrongCodeError):
            second_factor.offered(BOX, owner, text)


def test_the_address_is_what_authenticators_read() -> None:
    address = second_factor.address(RFC, "jane+x@v.test")
    assert address == f"otpauth://totp/Call%20Trace:jane%2Bx%40v.test?secret={RFC}&issuer=Call%20Trace"
