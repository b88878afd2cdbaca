"""What a file is, by its first bytes; names and content types lie.

Only what carries audio is recognised. Formats that merely point at other files (playlists,
manifests, session descriptions) are not among them on purpose.
"""

import codecs

from calltrace.recordings.sniff_frames import (
    adts_frame_length,
    chained,
    loas_frame_length,
    mpeg_frame_length,
    two_frames,
)

ENOUGH = 4096
"""Bytes that ``sniff`` wants to see; fewer do when the file has no more."""

_ID3 = b"ID3"
_BOM = b"\xef\xbb\xbf"

_AT_START: tuple[tuple[bytes, str], ...] = (
    (_ID3, "mp3"),
    (b"OggS", "ogg"),
    (b"fLaC", "flac"),
    (b"\x1a\x45\xdf\xa3", "matroska"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "asf"),
    (b"#!AMR", "amr"),
    (b".snd", "au"),
    (b"caff\x00\x01", "caf"),
    (b"riff\x2e\x91\xcf\x11", "w64"),
    (b"FLV\x01", "flv"),
    (b"\x00\x00\x01\xba", "mpeg"),
    (b"wvpk", "wavpack"),
    (b"MAC ", "ape"),
    (b"TTA1", "tta"),
    (b"MPCK", "musepack"),
    (b"MP+", "musepack"),
    (b".RMF", "realmedia"),
    (b"Creative Voice File\x1a", "voc"),
    (b"NIST_1A\n", "nist"),
    (b"\x0b\x77", "ac3"),
)
_RIFF_KINDS = {b"WAVE": "wav", b"AVI ": "avi", b"QLCM": "qcp"}
_RIFF_MARKS = (b"RIFF", b"RIFX", b"RF64", b"BW64")
_MP4_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
_IMAGE_BRANDS = (b"heic", b"heix", b"mif1", b"msf1", b"avif", b"avis", b"jxl ", b"crx ")
_TS_PACKET = 188
_TS_SYNC = 0x47
_SURE_FRAMES = 3
"""So many frames in a row are no chance, even behind something else."""
_GSM_FRAME, _GSM_MARK, _GSM_SURE = 33, 0xD, 8

_OTHER_FILES: tuple[tuple[tuple[bytes, ...], str], ...] = (
    (
        (b"pk\x03\x04", b"pk\x05\x06", b"\x1f\x8b\x08", b"rar!", b"7z\xbc\xaf", b"bzh", b"\xfd7zxz"),
        "an archive",
    ),
    ((b"#extm3u", b"[playlist]", b"<asx", b"v=0\r\no=", b"v=0\no=", b"ffconcat"), "a playlist"),
    ((b"<!doctype html", b"<html", b"<head", b"<body", b"<script"), "a web page"),
    ((b"<?xml", b"<error", b"<smil"), "an XML document"),
    ((b"%pdf",), "a PDF document"),
    ((b"\x89png", b"gif8", b"\xff\xd8\xff"), "an image"),
    ((b"mz\x90", b"\x7felf"), "a program"),
)
_TEXTS = (("<", "an XML document"), ("{", "a JSON document"), ("[", "a JSON document"))
"""One byte says nothing alone: samples without a header may start with it."""


def sniff(head: bytes) -> str | None:
    """The family of the audio or video container that starts with ``head``, or ``None``.

    ``head`` should have ENOUGH bytes: streams without a signature (mp3, aac) are only believed when a second
    frame follows the first where it should.
    """
    for mark, family in _AT_START:
        if head.startswith(mark):
            return family
    for look in (_riff, _aiff, _mp4, _transport_stream, _mpeg_audio, _adts, _loas, _gsm):
        if family := look(head):
            return family
    return None if looks_like(head) else _mpeg_audio_behind_junk(head)


def looks_like(head: bytes) -> str | None:
    """What a file that is no audio seems to be, ``None`` if nothing that is known."""
    start = head.removeprefix(_BOM).lstrip(b" \t\r\n").lower()
    if named := next((name for marks, name in _OTHER_FILES if start.startswith(marks)), None):
        return named
    text = _text(head).lstrip()
    named = next((name for mark, name in _TEXTS if text.startswith(mark)), None)
    return named or ("a text" if " " in text else None)


def describe(head: bytes) -> str:
    """For people: what a file that is no audio seems to be."""
    return looks_like(head) or ("no audio format that is known" if head else "empty")


def _text(head: bytes) -> str:
    """``head`` as UTF-8 without control characters, empty if it is none.

    Half the bytes of telephone sound are above 127, and no UTF-8.
    """
    try:
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(head)  # the last character may be cut
    except UnicodeDecodeError:
        return ""
    return text if all(one.isprintable() or one.isspace() for one in text) else ""


def _riff(head: bytes) -> str | None:
    return _RIFF_KINDS.get(head[8:12]) if head[:4] in _RIFF_MARKS else None


def _aiff(head: bytes) -> str | None:
    return "aiff" if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC") else None


def _mp4(head: bytes) -> str | None:
    return "mp4" if head[4:8] in _MP4_BOXES and head[8:12] not in _IMAGE_BRANDS else None


def _transport_stream(head: bytes) -> str | None:
    syncs = head[: 4 * _TS_PACKET : _TS_PACKET]
    return "mpegts" if len(head) >= 2 * _TS_PACKET and set(syncs) == {_TS_SYNC} else None


def _mpeg_audio(head: bytes) -> str | None:
    # Some recorders put zeros before the first frame.
    return "mp3" if two_frames(head.lstrip(b"\0"), mpeg_frame_length) else None


def _adts(head: bytes) -> str | None:
    return "aac" if two_frames(head, adts_frame_length) else None


def _mpeg_audio_behind_junk(head: bytes) -> str | None:
    at = -1
    while (at := head.find(b"\xff", at + 1)) >= 0:
        if chained(head[at:], mpeg_frame_length, _SURE_FRAMES):
            return "mp3"
    return None


def _loas(head: bytes) -> str | None:
    return "loas" if two_frames(head, loas_frame_length) else None


def _gsm(head: bytes) -> str | None:
    """GSM 06.10 without a header: every frame of 33 bytes starts with the same four bits.

    So does silence in A-law, of which every byte does.
    """
    marks = [byte >> 4 == _GSM_MARK for byte in head[:ENOUGH]]
    starts = marks[::_GSM_FRAME]
    return "gsm" if len(starts) >= _GSM_SURE and all(starts) and sum(marks) < len(marks) / 2 else None
