"""The small pure parts: windows, voice activity, loops, language, segments, word errors."""

import itertools
import zlib

import numpy as np
import pytest

from calltrace.speech import vad
from calltrace.speech.engines.protocol import HeardWord
from calltrace.speech.language import choose, pool
from calltrace.speech.loops import compression, without_impossible_loops
from calltrace.speech.segments import phrases
from calltrace.speech.vad import FRAME_SECONDS
from calltrace.speech.wer import normalised, word_errors
from calltrace.speech.windows import Stretch, Window, halves, pack, spread, with_lead

# About as much as fits into one window.
PLAIN = {
    "English": "Good afternoon, thank you for calling Harbor Broadband, my name is Grace. I am sorry to hear "
    "that your internet keeps dropping every evening. Before I open your account, can you tell me your full "
    "name and the account number, please? Then I will check the line, and if the router is broken we replace "
    "it today and send you a new one by Thursday.",
    "Russian": "Добрый день, спасибо, что позвонили в нашу компанию, меня зовут Ольга. Мне очень жаль, что "
    "каждый вечер пропадает интернет. Прежде чем я открою ваш счёт, назовите, пожалуйста, ваше полное имя "
    "и номер договора. Потом я проверю линию, и если роутер сломан, мы сегодня же пришлём замену: получите "
    "новый до четверга.",
    "Hindi": "नमस्ते, हमारी कंपनी में फ़ोन करने के लिए धन्यवाद, मेरा नाम प्रिया है। मुझे खेद है कि हर शाम आपका इंटरनेट बंद हो "
    "जाता है। आपका खाता खोलने से पहले कृपया अपना पूरा नाम और खाता संख्या बताइए। फिर मैं लाइन की जाँच करूँगी, और अगर "
    "राउटर खराब है तो हम आज ही उसे बदलकर गुरुवार तक नया भेज देंगे।",
    "Thai": "สวัสดีค่ะ ขอบคุณที่โทรมาหาเรา ดิฉันชื่อมาลี เสียใจด้วยนะคะที่อินเทอร์เน็ตหลุดทุกเย็น ก่อนเปิดดูบัญชี "
    "รบกวนแจ้งชื่อเต็มกับหมายเลขลูกค้าหน่อยค่ะ จากนั้นจะตรวจสอบสายให้ ถ้าเราเตอร์เสีย เราจะเปลี่ยนเครื่องใหม่ส่งไปภายในวันพฤหัสบดี",
    "Chinese": "您好，感谢致电海港宽带，我叫小梅。很抱歉听到您家的网络每天晚上都会断线。在打开账户之前，"  # noqa: RUF001
    "请告诉我您的全名和客户号码。然后我会检查线路，如果路由器坏了，今天就给您换一台新的，星期四之前送到。",  # noqa: RUF001
}


def _words(texts: list[str], seconds: float, gap: float = 0.0) -> list[HeardWord]:
    step = seconds + gap
    return [HeardWord(0, one, index * step, index * step + seconds, 0.9) for index, one in enumerate(texts)]


def test_windows_hold_one_channel_and_never_more_than_their_length() -> None:
    stretches = [
        Stretch(channel, start, start + 7) for start in (0.0, 10.0, 20.0, 30.0, 40.0) for channel in (1, 0)
    ]
    windows = pack(stretches, 29.0)
    assert [window.channel for window in windows] == [0, 0, 1, 1]
    assert all(window.seconds <= 29.0 for window in windows)
    assert sum(len(window.stretches) for window in windows) == 10


def test_times_of_a_window_lead_back_into_the_stretch_they_came_from() -> None:
    window = pack([Stretch(0, 10, 12), Stretch(0, 50, 55)], 29.0)[0]
    assert window.call_times(0.5, 1.0) == (10.5, 11.0)
    assert window.call_times(3.0, 4.0) == (51.0, 52.0)
    assert window.call_times(1.8, 3.0) == (50.0, 51.0)  # a word never crosses a pause that was cut out
    assert window.call_times(6.9, 9.0) == (54.9, 55.0)


@pytest.mark.parametrize(
    ("lengths", "first", "second"),
    [
        ((10, 8, 6), (10,), (8, 6)),
        ((5, 4, 4, 16), (5, 4, 4), (16,)),
        ((28,), (14,), (14,)),
        ((2, 26), (2, 13), (13,)),
        ((26, 1, 1), (13,), (13, 1, 1)),
    ],
)
def test_a_window_is_halved_in_a_pause_near_its_middle_or_in_its_longest_stretch(
    lengths: tuple[int, ...], first: tuple[int, ...], second: tuple[int, ...]
) -> None:
    stretches = tuple(Stretch(1, 100.0 * index, 100.0 * index + size) for index, size in enumerate(lengths))
    found = halves(Window(stretches), 1.0)
    assert found is not None
    assert [tuple(part.seconds for part in half.stretches) for half in found] == [first, second]
    assert found[0].stretches[0].start == stretches[0].start
    assert found[1].stretches[-1].end == stretches[-1].end
    assert {half.channel for half in found} == {1}


def test_halving_loses_nothing_and_comes_to_an_end() -> None:
    windows, ends = [Window((Stretch(0, 3, 20), Stretch(0, 30, 31), Stretch(0, 40, 51)))], list[Window]()
    while windows:
        found = halves(windows[0], 1.0)
        windows, ends = ([*found, *windows[1:]], ends) if found else (windows[1:], [*ends, windows[0]])
    assert all(1.0 <= window.seconds < 4.0 for window in ends)
    assert sum(window.seconds for window in ends) == 29.0
    times = [time for window in ends for part in window.stretches for time in (part.start, part.end)]
    assert times == sorted(times)


def test_the_first_batch_is_spread_over_the_call() -> None:
    windows = pack([Stretch(0, 40.0 * n, 40.0 * n + 20) for n in range(40)], 29.0)
    ordered = spread(windows, 8)
    starts = [window.stretches[0].start for window in ordered]
    assert starts[0] == 0.0
    assert starts[7] == 1560.0
    assert sorted(starts) == [40.0 * n for n in range(40)]


def test_speech_is_padded_split_and_short_clicks_are_dropped() -> None:
    curve = np.zeros(4000, np.float32)
    curve[100:102] = 0.9  # 64 ms: a click
    curve[200:300] = 0.9
    curve[305:400] = 0.9  # a pause of 160 ms: the same stretch
    curve[1000:3000] = 0.9  # 64 seconds
    found = vad.stretches(curve, 1, 4000 * FRAME_SECONDS)
    assert found[0].start == pytest.approx(200 * FRAME_SECONDS - 0.2)
    assert found[0].end == pytest.approx(400 * FRAME_SECONDS + 0.2)
    assert all(stretch.seconds <= 28.0 for stretch in found)
    assert sum(stretch.seconds for stretch in found[1:]) == pytest.approx(2000 * FRAME_SECONDS + 0.4)
    assert all(one.end <= two.start for one, two in itertools.pairwise(found))


def test_real_repetition_is_kept_and_a_loop_is_not() -> None:
    real = _words(["No,", "no,", "no,", "no,", "no."], 0.25)
    assert without_impossible_loops(real) == real
    digits = _words(["four", "two", "four", "two", "four", "two", "four", "two"], 0.3)
    assert without_impossible_loops(digits) == digits
    loop = _words(["Right."] + ["I", "know"] * 40, 0.02)
    assert [word.text for word in without_impossible_loops(loop)] == ["Right.", "I", "know"]


def test_a_loop_compresses_and_speech_does_not() -> None:
    assert compression("I know, I know, " * 20) > 2.4
    assert compression("Thank you for calling Harbor Broadband, my name is Grace.") < 1.5
    assert compression("") == 0.0


@pytest.mark.parametrize("language", PLAIN)
def test_plain_speech_is_no_loop_in_any_script_and_a_loop_is_one(language: str) -> None:
    said = PLAIN[language]
    assert compression(said) < 1.9
    assert compression(said[:40] * 8) > 2.4


def test_english_is_measured_as_whisper_measures_it() -> None:
    said = PLAIN["English"].encode()
    assert compression(PLAIN["English"]) == len(said) / len(zlib.compress(said))


def test_a_lead_takes_half_of_a_pause_at_most() -> None:
    given = [Stretch(0, 0.1, 2.0), Stretch(0, 2.1, 3.0), Stretch(0, 3.0, 4.0), Stretch(1, 5.0, 6.0)]
    led = with_lead(reversed(given), 0.2)
    assert [one.end for one in led] == [one.end for one in given]
    assert [one.start for one in led] == pytest.approx([0.0, 2.05, 3.0, 4.8])


def test_a_language_is_pooled_over_windows_by_their_length() -> None:
    pooled = pool([{"en": 0.9, "de": 0.1}, {"en": 0.2, "de": 0.8}], [10.0, 30.0])
    assert pooled == pytest.approx({"en": 0.375, "de": 0.625})
    assert choose(pooled, None).chosen == "de"


def test_a_hint_wins_unless_it_is_plainly_wrong() -> None:
    assert choose({"pt": 0.7, "es": 0.3}, "es").chosen == "es"
    assert choose({"pt": 0.97, "es": 0.01}, "es").chosen == "pt"
    assert choose({"pt": 0.9, "gl": 0.08}, "gl").chosen == "gl"


def test_of_the_languages_that_are_expected_the_likeliest_is_taken_unless_it_is_plainly_another() -> None:
    assert choose({"pt": 0.5, "es": 0.3, "en": 0.2}, None, ["en", "es"]).chosen == "es"
    assert choose({"pt": 0.97, "es": 0.01}, None, ["en", "es"]).chosen == "pt"
    assert choose({"pt": 0.9, "es": 0.04, "en": 0.03}, None, ["en", "es"]).chosen == "es"
    assert choose({"pt": 0.7, "es": 0.3}, "pt", ["en", "es"]).chosen == "pt", "the call's own word counts"


def test_pauses_end_segments_and_long_ones_are_cut_after_sentences() -> None:
    words = _words(["Yes."], 0.4) + [
        HeardWord(0, "Then." if index % 20 == 19 else "word", 3 + index * 0.3, 3.25 + index * 0.3, 0.9)
        for index in range(120)
    ]
    found = phrases(words, [])
    assert found[0].text == "Yes."
    assert [word for phrase in found for word in phrase.words] == words
    assert all(phrase.end - phrase.start <= 16.0 for phrase in found)
    assert all(phrase.words[-1].text.endswith(".") for phrase in found)


def test_a_segment_reaches_to_the_edges_of_the_speech_around_its_words() -> None:
    words = [HeardWord(0, "Good", 1.5, 1.7, 0.9), HeardWord(0, "bye.", 2.6, 2.8, 0.9)]
    (both,) = phrases(words, [Stretch(0, 1.2, 1.9), Stretch(0, 2.3, 3.1)])
    assert (both.start, both.end, both.text) == (1.2, 3.1, "Good bye.")
    one, other = phrases(words, [Stretch(0, 1.2, 1.8), Stretch(0, 2.5, 3.1)])
    assert (one.start, one.end, other.start, other.end) == (1.2, 1.8, 2.5, 3.1)


def test_speech_far_from_any_word_is_not_claimed() -> None:
    (found,) = phrases([HeardWord(0, "Yes.", 5.0, 5.4, 0.9)], [Stretch(0, 0.0, 20.0)])
    assert (found.start, found.end) == (4.0, 6.4)


def test_voices_meet_in_the_middle_between_their_words() -> None:
    words = [HeardWord(0, "Yes?", 1.0, 1.4, 0.9, voice=0), HeardWord(0, "No.", 1.8, 2.0, 0.9, voice=1)]
    one, other = phrases(words, [Stretch(0, 0.8, 2.2)])
    assert (one.start, one.end, one.voice) == (0.8, pytest.approx(1.6), 0)
    assert (other.start, other.end, other.voice) == (pytest.approx(1.6), 2.2, 1)


def test_a_word_outside_of_the_speech_stands_alone() -> None:
    (found,) = phrases([HeardWord(0, "Hm.", 9.0, 9.2, 0.9)], [Stretch(0, 1.0, 2.0)])
    assert (found.start, found.end) == (9.0, 9.2)


def test_words_of_scripts_without_spaces_are_glued() -> None:
    (found,) = phrases([HeardWord(0, one, 0.0, 0.1, 0.9, glued=True) for one in ("你", "好", "。")], [])
    assert found.text == "你好。"


def test_word_errors_see_through_spelling() -> None:
    assert word_errors("Mister Smith's number is one two, oh!", "mr smith's number is 120") == (0, 7)
    assert word_errors("a b c d", "a x c") == (2, 4)
    assert normalised("Uh, 3,061 d\u2019accord.") == ["3", "0", "6", "1", "d'accord"]
