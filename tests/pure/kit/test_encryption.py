from collections.abc import AsyncGenerator

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from calltrace.kit.encryption import (
    CHUNK,
    HEADER,
    RecordingDamagedError,
    SecretBox,
    SecretUnreadableError,
    decrypt_span,
    encrypt,
    new_data_key,
    sealed_size,
    span,
)
from calltrace.kit.errors import ConfigurationError

KEY = bytes(range(32))
EDGES = st.sampled_from([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 1, 3 * CHUNK - 5])


def plaintext(size: int) -> bytes:
    return bytes(number * 7 % 251 for number in range(size))


async def pieces(data: bytes, size: int) -> AsyncGenerator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


async def sealed(data: bytes, key: bytes = KEY, size: int = 50_000) -> bytes:
    return b"".join([part async for part in encrypt(pieces(data, size), key)])


def opened(data: bytes, start: int, length: int, size: int, key: bytes = KEY) -> bytes:
    where = span(start, length, size)
    return b"".join(decrypt_span(data[where.start : where.start + where.length], where, key, size))


def test_what_is_sealed_opens_again_and_is_not_readable() -> None:
    box = SecretBox("a long and random secret")
    token = box.seal("whsec_geheim ü")
    assert "geheim" not in token
    assert box.open(token) == "whsec_geheim ü"
    assert box.seal("x") != box.seal("x")


def test_the_first_secret_seals_and_all_of_them_open() -> None:
    old, both, new = SecretBox("old"), SecretBox("new, old"), SecretBox("new")
    token = old.seal("x")
    assert both.open(token) == "x"
    with pytest.raises(SecretUnreadableError):
        new.open(token)
    assert new.open(both.rotate(token)) == "x"
    assert new.open(both.seal("y")) == "y"


@pytest.mark.parametrize(
    "token",
    [
        "",
        "gibberish",
        "ü",
        pytest.param(Fernet(Fernet.generate_key()).encrypt(b"x").decode(), id="a Fernet token"),
    ],
)
def test_a_foreign_token_is_an_error_of_ours(token: str) -> None:
    with pytest.raises(SecretUnreadableError):
        SecretBox("secret").open(token)
    with pytest.raises(SecretUnreadableError):
        SecretBox("secret").rotate(token)


@pytest.mark.parametrize("secret", ["", " ", ", ,"])
def test_no_secret_is_a_configuration_error(secret: str) -> None:
    with pytest.raises(ConfigurationError):
        SecretBox(secret)


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 17])
async def test_a_recording_comes_back_and_its_sealed_size_is_known(size: int) -> None:
    data = plaintext(size)
    stored = await sealed(data)
    assert len(stored) == sealed_size(size)
    assert stored.startswith(HEADER)
    assert opened(stored, 0, size, size) == data


@given(size=EDGES, start=st.integers(0, 3 * CHUNK), length=st.integers(0, 3 * CHUNK))
async def test_any_range_is_the_same_as_slicing(size: int, start: int, length: int) -> None:
    data = plaintext(size)
    stored = await sealed(data)
    if start < size and length:
        assert opened(stored, start, length, size) == data[start : start + length]


async def test_a_range_needs_only_the_chunks_that_cover_it() -> None:
    where = span(CHUNK + 10, 20, 10 * CHUNK)
    assert (where.first_chunk, where.length, where.skip, where.take) == (1, CHUNK + 16, 10, 20)


@given(size=EDGES.filter(lambda size: size > 1), position=st.floats(0, 1, exclude_max=True))
async def test_a_changed_byte_anywhere_behind_the_header_is_noticed(size: int, position: float) -> None:
    stored = bytearray(await sealed(plaintext(size)))
    stored[len(HEADER) + int(position * (len(stored) - len(HEADER)))] ^= 1
    with pytest.raises(RecordingDamagedError):
        opened(bytes(stored), 0, size, size)


async def test_a_recording_cut_at_a_chunk_is_noticed_even_when_its_size_was_changed_too() -> None:
    stored = await sealed(plaintext(3 * CHUNK))
    with pytest.raises(RecordingDamagedError):
        opened(stored[: sealed_size(2 * CHUNK)], 0, 3 * CHUNK, 3 * CHUNK)
    with pytest.raises(RecordingDamagedError):
        opened(stored[: sealed_size(2 * CHUNK)], 0, 2 * CHUNK, 2 * CHUNK)


async def test_swapped_chunks_are_noticed() -> None:
    stored = await sealed(plaintext(3 * CHUNK))
    at, step = len(HEADER), CHUNK + 16
    swapped = (
        stored[:at] + stored[at + step : at + 2 * step] + stored[at : at + step] + stored[at + 2 * step :]
    )
    with pytest.raises(RecordingDamagedError):
        opened(swapped, 0, 3 * CHUNK, 3 * CHUNK)


async def test_another_key_does_not_open() -> None:
    with pytest.raises(RecordingDamagedError):
        opened(await sealed(plaintext(5)), 0, 5, 5, key=new_data_key())


def test_every_data_key_is_new() -> None:
    assert len({new_data_key() for _ in range(100)}) == 100
