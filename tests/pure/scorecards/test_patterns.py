"""Word patterns: what matches, what does not, and that none can run away."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calltrace.scorecards.patterns import checked_pattern, compile_pattern, plain


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("thank you for calling", "Well, THANK you for   calling!"),
        ("call*", "your calls"),
        ("not ... problem", "that is not really my problem"),
        ("(taped|kept on file)", "calls are kept on file"),
        ("grabación", "es una grabacion"),
        ("don't", "I don\u2019t know"),
        ("(e-mail|mail)", "by e-mail"),
        ("caf\u00e9", "le cafe\u0301 noir"),
        ("cafe\u0301", "le caf\u00e9 noir"),
        ("cafe\u0301 ... noir", "le cafe est noir"),
        (
            "\u03b5\u03c5\u03c7\u03b1\u03c1\u03b9\u03c3\u03c4\u03ce",
            "\u0395\u03a5\u03a7\u0391\u03a1\u0399\u03a3\u03a4\u03a9",
        ),
        ("\u0439\u043e\u0434", "\u0438\u043e\u0434"),
        ("नमस्ते", "जी नमस्ते, कैसे हैं"),
        ("नमस्ते ... मदद", "नमस्ते मैं आपकी मदद करूँ"),
        ("धन्य*", "बहुत धन्यवाद"),
        ("감사합니다", "네, 감사합니다."),
        ("감사합니다", unicodedata.normalize("NFD", "네, 감사합니다.")),
        ("สวัสดี", "คุณสวัสดีครับ"),
        ("(สวัสดี|ขอบคุณ) ... ครับ", "ผมขอบคุณมากครับ"),
        ("谢谢", "非常谢谢您的来电"),
        ("谢谢 来电", "谢谢来电"),
        ("谢谢 ... 来电", "谢谢您的来电"),
        ("ok", "我ok的"),
        ("ありがとう", "どうもありがとうございます"),
        ("ございます", unicodedata.normalize("NFD", "ありがとうございます")),
        ("カード", "クレジットカードです"),
        ("ຂອບໃຈ", "ຂໍຂອບໃຈຫຼາຍໆ"),
        ("អរគុណ", "សូមអរគុណច្រើន"),
        ("ကျေးဇူး", "အများကြီးကျေးဇူးတင်ပါတယ်"),
    ],
)
def test_a_pattern_is_found(pattern: str, text: str) -> None:
    assert compile_pattern(pattern).search(plain(text))


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("call", "recall the calls"),
        ("not ... problem", "not a thing that any of us calls a problem"),
        ("tape", "taped"),
        ("caf", "cafe\u0301"),
        ("감사합니다", "가수 고생하나도"),
        ("か", "が"),
        ("か", unicodedata.normalize("NFD", "が")),
        ("नमस", "नमस्ते"),
        ("감사", "감사합니다"),
        ("谢谢 ... 来电", "谢谢您在这个美好的早晨给我们来电"),
    ],
)
def test_a_pattern_is_not_found(pattern: str, text: str) -> None:
    assert not compile_pattern(pattern).search(plain(text))


@pytest.mark.parametrize(
    "pattern",
    ["", "...", "a ...", "[a-z]+", "(a", "a+", "(a|(b))", "a ... b ... c ... d ... e", "(?|a)", "a ' ' b"],
)
def test_what_is_not_in_the_language_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="pattern"):
        compile_pattern(pattern)


@given(st.text())
def test_plain_text_keeps_every_place(text: str) -> None:
    assert len(plain(text)) == len(text)


@pytest.mark.parametrize("pattern", ["(a|b|c) " * 24 + "zz", "a ... (a|b) ... (c|d|e) ... (f|g|h) (i|j)"])
def test_what_could_match_in_too_many_ways_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="at most 1024 ways"):
        compile_pattern(pattern)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("(a|a a|a a a|a a a a) " * 5 + "zz", "a " * 4000),
        ("(a|a|a) " * 24 + "zz", "a " * 4000),
        ("a ... (a|a a|a a a|a a a a) ... (a|a a) ... (a|a a) zz", "a " * 4000),
        ("一 ... 一 ... 一 ... 二", "一" * 10_000),
        ("(a*a*a*a*a*a*a*a*a*a*b|z)", "a" * 20_000),
        ("(一*一*一*一*一*一*一*二|三)", "一" * 20_000),
        ("a 'a" + " 'b" * 40, "a" + "'" * 20_000),
        ("(a|a a) ... a ... a ... (a|b) zz", ("a" + " " * 500) * 500),
    ],
)
def test_the_worst_allowed_pattern_comes_to_an_end_on_a_long_text(pattern: str, text: str) -> None:
    assert not compile_pattern(pattern).search(plain(text))


@pytest.mark.parametrize("sign", ["\u2764\ufe0fcall", "1\ufe0f\u20e3 call"])
def test_a_picture_is_no_letter(sign: str) -> None:
    assert compile_pattern("call").search(plain(sign))


@given(st.text(alphabet="ab1é\u0301กم中* ()|.,'…\u0e31", max_size=40))
def test_what_passes_the_check_can_be_compiled(pattern: str) -> None:
    try:
        checked_pattern(pattern)
    except ValueError:
        return
    compile_pattern(pattern)
