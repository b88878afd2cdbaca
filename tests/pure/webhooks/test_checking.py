"""What the signature checker says, on the headers that each contract's own wire makes."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from calltrace.kit.signatures import new_endpoint_secret
from calltrace.webhooks.checking import Case, Known, Report, check
from calltrace.webhooks.pasted import Pasted
from calltrace.webhooks.wire import Sent
from calltrace.webhooks.wires import CONTRACTS, wire_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECRET, BEFORE, OTHER = (new_endpoint_secret() for _ in range(3))
BODY = json.dumps({"deliveryId": "whd_1", "text": "Grüße", "n": [1, 2.5]}, ensure_ascii=False)


def _headers(contract: str, *secrets: str, moment: datetime = NOW, body: str = BODY) -> dict[str, str]:
    return wire_of(contract).headers(secrets or (SECRET,), Sent("whd_1", "analysis.completed", body), moment)


def _check(
    contract: str, headers: dict[str, str], body: str = BODY, sent: str | None = None, now: datetime = NOW
) -> Report:
    text = "\n".join(f"{name}: {value}" for name, value in headers.items())
    secrets = [Known("the newest", SECRET), Known("the one of before", BEFORE)]
    report = check(Case(contract, secrets, [Known("another", OTHER)], Pasted.of(text, body), sent, now))
    said = " ".join(f"{one.title} {one.detail}" for one in report.findings) + (report.signed or "")
    assert not any(secret.removeprefix("whsec_") in said for secret in (SECRET, BEFORE, OTHER))
    return report


def _wrong(report: Report) -> str:
    return " ".join(f"{one.title} {one.detail}" for one in report.findings if one.kind == "bad")


@pytest.mark.parametrize("contract", CONTRACTS)
def test_what_a_wire_sends_is_genuine_and_the_bytes_are_told(contract: str) -> None:
    report = _check(contract, _headers(contract))
    assert report.genuine, report
    signed = f"{int(NOW.timestamp())}.{BODY}"
    assert report.signed == signed
    assert f"{len(signed.encode())} bytes" in report.facts
    assert len(report.findings) == (3 if contract == "callcenterrate" else 4)


@pytest.mark.parametrize("contract", CONTRACTS)
def test_each_header_that_is_missing_is_named(contract: str) -> None:
    form, headers = wire_of(contract).signed, _headers(contract)
    for name in filter(None, (form.signature, form.timestamp, form.delivery)):
        kept = {key: value for key, value in headers.items() if key != name}
        assert f"{name} is missing" in _wrong(_check(contract, kept))
    assert "No line reads as a header" in _wrong(_check(contract, {}))


@pytest.mark.parametrize("contract", CONTRACTS)
def test_a_delivery_of_another_contract_is_recognised(contract: str) -> None:
    other = next(one for one in CONTRACTS if one != contract)
    told = _wrong(_check(contract, _headers(other)))
    assert f"{wire_of(other).signed.signature} is there: this delivery is of another contract" in told


@pytest.mark.parametrize("contract", CONTRACTS)
@pytest.mark.parametrize(
    ("changed", "why"),
    [(BODY + "\n", "line break or space"), (f" {BODY} ", "Space was added"),
     ("\ufeff" + BODY, "byte order mark"), (json.dumps(json.loads(BODY), indent=2), "written anew"),
     (json.dumps(json.loads(BODY)), "written anew")],
    ids=["newline", "space", "bom", "pretty", "escaped"],
)  # fmt: skip
def test_what_was_done_to_the_body_is_found_out(contract: str, changed: str, why: str) -> None:
    assert why in _wrong(_check(contract, _headers(contract), changed))


def test_bodies_of_each_way_of_writing_are_found_from_a_pretty_print() -> None:
    for separators, ascii_only in (((",", ":"), False), ((",", ":"), True), (None, True)):
        body = json.dumps(json.loads(BODY), separators=separators, ensure_ascii=ascii_only)
        pretty = json.dumps(json.loads(BODY), indent=4)
        assert "written anew" in _wrong(_check("calltrace", _headers("calltrace", body=body), pretty))


def test_a_body_that_was_changed_otherwise_is_held_against_the_one_that_was_sent() -> None:
    changed = BODY.replace("2.5", "2.6")
    told = _wrong(_check("calltrace", _headers("calltrace"), changed, sent=BODY))
    at = BODY.encode().index(b"2.5") + 2
    assert f"they part after byte {at}." in told
    assert "or it was made with a secret that is not good" in _wrong(
        _check("calltrace", _headers("calltrace"), changed)
    )


def test_the_secret_of_before_is_named_and_so_is_another_endpoints() -> None:
    report = _check("calltrace", _headers("calltrace", SECRET, BEFORE))
    assert report.genuine
    assert "fits an earlier secret" in " ".join(one.title for one in report.findings)
    assert "is of another endpoint Made with another." in _wrong(
        _check("calltrace", _headers("calltrace", OTHER))
    )
    gone = _check("calltrace", _headers("calltrace", new_endpoint_secret()), sent=BODY)
    assert "the secret was replaced since" in _wrong(gone)


@pytest.mark.parametrize(
    ("by", "kind", "words"),
    [(-299, "good", "fresh"), (-301, "warn", "too old"), (301, "warn", "lies ahead")],
)  # fmt: skip
def test_the_age_is_told(by: int, kind: str, words: str) -> None:
    report = _check("callcov", _headers("callcov", moment=NOW + timedelta(seconds=by)))
    assert [one.kind for one in report.findings if words in one.title] == [kind]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [("X-CallTrace-Timestamp", "noon", "no number"),
     ("X-CallTrace-Timestamp", "1772366400000", "in milliseconds"),
     ("X-CallTrace-Signature", "a" * 64, "does not begin as it should"),
     ("X-CallTrace-Signature", "sha256=" + "A" * 64, "written in capitals"),
     ("X-CallTrace-Signature", "sha256=abc", "may have been cut"),
     ("X-CallTrace-Timestamp", "1772366401", "fits no secret")],
)  # fmt: skip
def test_a_value_that_cannot_be_is_named(name: str, value: str, words: str) -> None:
    assert words in _wrong(_check("calltrace", _headers("calltrace") | {name: value}))


def test_standard_webhooks_headers_are_checked_where_they_are_there() -> None:
    headers = _headers("calltrace")
    assert "webhook-signature fits no secret" in _wrong(
        _check("calltrace", headers | {"webhook-id": "whd_other"})
    )
    part = {name: value for name, value in headers.items() if name != "webhook-id"}
    for changed in (part, headers | {"webhook-timestamp": "9" * 30}):
        assert any("are not whole" in one.title for one in _check("calltrace", changed).findings)


@pytest.mark.parametrize("body", ['"\\ud800"', "[" * 100_000, "1" * 5000, ""])
def test_a_body_that_cannot_be_read_is_only_a_body_that_does_not_fit(body: str) -> None:
    assert "fits no secret" in _wrong(_check("calltrace", _headers("calltrace"), body))


def test_headers_are_read_as_curl_logs_and_debuggers_write_them() -> None:
    text = '> X-CallTrace-Delivery: whd_1\n"x-calltrace-timestamp": "5",\n'
    text += "X-CallTrace-Signature=sha256=ab\nPOST / x\n"
    found = Pasted.of(text, "a\r\nb")
    assert dict(found.headers) == {
        "x-calltrace-delivery": "whd_1", "x-calltrace-timestamp": "5", "x-calltrace-signature": "sha256=ab",
    }  # fmt: skip
    assert found.body == "a\nb"
