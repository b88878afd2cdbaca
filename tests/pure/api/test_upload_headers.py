"""What the headers of a sending request mean, and which of them are refused by name."""

import pytest
from starlette.requests import Request

from calltrace.api.upload_headers import patch_sending, put_sending, state_headers
from calltrace.kit.errors import InvalidRequestError
from calltrace.recordings.upload_inlet import Sending, State


def request(content_length: str | None) -> Request:
    headers = [] if content_length is None else [(b"content-length", content_length.encode())]
    return Request({"type": "http", "headers": headers})


@pytest.mark.parametrize(
    ("length", "content_range", "upload_length", "complete", "meant"),
    [
        ("10", None, None, None, Sending(None, 10, 10, last=True)),
        (None, None, None, None, Sending(None, None, None, last=True)),
        (None, None, "30", None, Sending(None, None, 30, last=True)),
        ("10", None, "30", "?0", Sending(None, 10, 30, last=False)),
        ("10", None, None, "?0", Sending(None, 10, None, last=False)),
        ("10", "bytes 0-9/30", None, None, Sending(None, 10, 30, last=False)),
        ("10", "bytes 10-19/30", None, None, Sending(10, 10, 30, last=False)),
        ("10", "bytes 20-29/30", None, None, Sending(20, 10, 30, last=True)),
        (None, "bytes 20-29/30", "30", None, Sending(20, 10, 30, last=True)),
        ("10", "bytes 20-29/*", None, None, Sending(20, 10, None, last=False)),
        ("10", "bytes 20-29/*", None, "?1", Sending(20, 10, None, last=True)),
        ("1", "bytes 0-0/1", None, None, Sending(None, 1, 1, last=True)),
    ],
)
def test_a_put_is_the_whole_or_the_range_that_it_names(
    length: str | None,
    content_range: str | None,
    upload_length: str | None,
    complete: str | None,
    meant: Sending,
) -> None:
    assert put_sending(request(length), content_range, upload_length, complete) == meant


@pytest.mark.parametrize(
    ("length", "content_range", "upload_length", "complete", "named"),
    [
        ("10", "bytes 0-8/30", None, None, "Content-Range"),
        ("10", "bytes 9-0/30", None, None, "Content-Range"),
        ("10", "bytes 25-34/30", None, None, "Content-Range"),
        ("10", "bytes 0-9/0", None, None, "Content-Range"),
        ("0", "bytes */30", None, None, "Content-Range"),
        ("10", "bytes=0-9", None, None, "Content-Range"),
        ("10", "items 0-9/30", None, None, "Content-Range"),
        ("10", "bytes \u0661-\u0669/30", None, None, "Content-Range"),
        ("10", "bytes 0-99999999999999999999/*", None, None, "Content-Range"),
        ("10", "bytes 0-9/30", "31", None, "Upload-Length"),
        ("10", None, "11", None, "Upload-Length"),
        ("10", None, "-1", None, "Upload-Length"),
        ("10", None, "1e3", None, "Upload-Length"),
        ("10", None, None, "true", "Upload-Complete"),
        ("ten", None, None, None, "Content-Length"),
    ],
)
def test_a_put_that_contradicts_itself_is_refused_by_name(
    length: str | None,
    content_range: str | None,
    upload_length: str | None,
    complete: str | None,
    named: str,
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        put_sending(request(length), content_range, upload_length, complete)
    assert caught.value.errors[0].pointer == f"/{named}"


def test_a_patch_follows_on_at_its_offset() -> None:
    assert patch_sending(request("10"), "20", None, None) == Sending(20, 10, None, last=None)
    assert patch_sending(request("10"), "0", "30", "?0") == Sending(0, 10, 30, last=False)
    assert patch_sending(request(None), " 20 ", "30", "?1") == Sending(20, None, 30, last=True)


@pytest.mark.parametrize("offset", [None, "", "-1", "x", "1.5", "9" * 16])
def test_a_patch_without_a_number_for_its_offset_is_refused(offset: str | None) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        patch_sending(request("10"), offset, None, None)
    assert caught.value.errors[0].pointer == "/Upload-Offset"


def test_a_state_is_told_in_the_same_words() -> None:
    assert state_headers(State(5, None, complete=False)) == {"Upload-Offset": "5", "Upload-Complete": "?0"}
    assert state_headers(State(9, 9, complete=True)) == {
        "Upload-Offset": "9",
        "Upload-Complete": "?1",
        "Upload-Length": "9",
    }
