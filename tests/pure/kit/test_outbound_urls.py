"""URLs that a stranger may send, by the way in that they try."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calltrace.kit.errors import CallTraceError
from calltrace.kit.outbound import OutboundPolicy, UrlBlockedError, UrlNotHttpsError, judge_url
from calltrace.kit.outbound.urls import follow

PUBLIC = OutboundPolicy()
LAN = OutboundPolicy.parse("192.168.20.0/24, fd12:3456::/32")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "recordings/1.wav",
        "//files.example/1.wav",
        "http://files.example/1.wav",
        "HTTP://files.example/1.wav",
        "gopher://files.example:70/_x",
        "file:///etc/hostname",
        "jar:https://files.example/x!/",
        "javascript:alert(1)",
        "data:audio/mpeg;base64,AAAA",
        "wss://files.example/",
        " https://files.example/",
        "http\u017f://files.example/",
    ],
)
def test_another_scheme_is_refused_as_not_https(url: str) -> None:
    with pytest.raises(UrlNotHttpsError):
        judge_url(url, PUBLIC)


@pytest.mark.parametrize(
    "url",
    [
        "https:",
        "https:/files.example/",
        "https:files.example/",
        "https://",
        "https:///files.example/",
        "https://:443/",
        "https://?x",
        "https://./",
        "https://files..example/",
        "https://.files.example/",
        "https://files.example../",
        "https://someone@files.example/",
        "https://some:one@files.example/",
        "https://@files.example/",
        "https://files.example@10.0.0.1/",
        "https://files.example\\@10.0.0.1/",
        "https://files.example\\.other.example/",
        "https:\\\\files.example\\",
        "https://files.example?@10.0.0.1/",
        "https://files.example#@10.0.0.1/",
        "https://files.example;10.0.0.1/",
        "https://files.example&10.0.0.1/",
        "https://files.exa mple/",
        "https://files.example/a b.wav",
        "https://files.example/\ta.wav",
        "https://files.example/a.wav\n",
        "https://files.example\x00.other.example/",
        "https://files.example/\u2028",
        "https://files.example/\u200b",
        "https://files%2eexample/",
        "https://%66iles.example/",
        "https://files.example:443:443/",
        "https://[files.example]/",
        "https://[::1/",
        "https://::1/",
        "https://2606:4700::1/",
        "https://[2606:4700::1]x/",
        "https://[v1.files]/",
        "https://-files.example/",
        "https://files-.example/",
        "https://fi*les.example/",
        "https://files.example'/",
        'https://files.example"/',
        "https://{files}.example/",
        "https://" + "a" * 64 + ".example/",
        "https://" + "a." * 127 + "example/",
        "https://files.example/" + "a" * 9000,
    ],
)
def test_a_malformed_or_ambiguous_url_is_blocked(url: str) -> None:
    with pytest.raises(UrlBlockedError):
        judge_url(url, PUBLIC)


@pytest.mark.parametrize(
    "host",
    [
        "134744072",
        "0x08080808",
        "0X8.0x8.0x8.0x8",
        "010.010.010.010",
        "8.8.2056",
        "8.526344",
        "8",
        "0x",
        "8.8.8.8.",
        "8.8.8.08",
        "8.8.8.256",
        "8.8.8.-8",
        "8.8.8.8.8",
        "8.8.8",
        "8.8.8.0x8",
        "4294967304",
        "99999999999999999999",
        "files.example.0x7f",
        "files.42",
        "\uff18.8.8.8",
        "8。8。8。8",
        "\uff18\uff18\uff18",
        "①.①.①.①",
        "٨.٨.٨.٨",
    ],
)
def test_an_ipv4_address_in_any_other_than_its_plain_form_is_blocked(host: str) -> None:
    with pytest.raises(UrlBlockedError):
        judge_url(f"https://{host}/a.wav", PUBLIC)


@pytest.mark.parametrize(
    "host",
    [
        "loc\u00adalhost",
        "\u00ad",
        "localho\u017ft",
        "ⓕⓘⓛⓔⓢ.example",
        "\uff46\uff49\uff4c\uff45\uff53.example",
        "files\uff0eexample",
        "files｡example",
        "fi\u200dles.example",
        "\u0301files.example",
        "xn--.example",
        "xn--a.example",
        "xn--99zzzz99.example",
        "a\u05d0b1\u0661.example",
        "☃.example",
        "😀.example",
        "\u212aelvin.example",
    ],
)
def test_an_international_name_that_is_ambiguous_or_invalid_is_blocked(host: str) -> None:
    with pytest.raises(UrlBlockedError):
        judge_url(f"https://{host}/a.wav", PUBLIC)


@pytest.mark.parametrize(
    "port", ["0", "1", "22", "80", "8443", "65536", "99999", "-1", "+443", "44\uff13", "x"]
)
def test_a_port_outside_the_policy_is_blocked(port: str) -> None:
    with pytest.raises(UrlBlockedError):
        judge_url(f"https://files.example:{port}/a.wav", PUBLIC)


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("https://files.example/a.wav", "https://files.example/a.wav"),
        ("HTTPS://Files.EXAMPLE/A.wav", "https://files.example/A.wav"),
        ("https://files.example", "https://files.example/"),
        ("https://files.example:443/", "https://files.example/"),
        ("https://files.example:/", "https://files.example/"),
        ("https://files.example./a", "https://files.example/a"),
        ("https://files.example/a?b=c&d=%2F%20#part", "https://files.example/a?b=c&d=%2F%20"),
        ("https://files.example?token=1", "https://files.example/?token=1"),
        ("https://files.example/~a/(b)/@c/%C3%BC", "https://files.example/~a/(b)/@c/%C3%BC"),
        ("https://files.example/Gespräch.wav", "https://files.example/Gespr%C3%A4ch.wav"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://BÜCHER.example/", "https://xn--bcher-kva.example/"),
        ("https://KA\u0308SE.example/", "https://xn--kse-qla.example/"),
        ("https://xn--bcher-kva.example/", "https://xn--bcher-kva.example/"),
        ("https://r3---sn-x.files_1.example/", "https://r3---sn-x.files_1.example/"),
        ("https://9.9.9.9/a", "https://9.9.9.9/a"),
        ("https://4.example.10.com/a", "https://4.example.10.com/a"),
        ("https://[2606:4700:0:0::1111]/a", "https://[2606:4700::1111]/a"),
    ],
)
def test_a_good_url_is_read_in_its_canonical_form(url: str, canonical: str) -> None:
    assert judge_url(url, PUBLIC).url == canonical


def test_inside_the_opened_ranges_any_port_is_good() -> None:
    assert judge_url("https://192.168.20.7:8443/a", LAN).port == 8443
    assert judge_url("https://[fd12:3456::1]:5001/a", LAN).port == 5001
    with pytest.raises(UrlBlockedError):
        judge_url("https://192.168.21.7/a", LAN)
    with pytest.raises(UrlBlockedError):
        judge_url("https://9.9.9.9:8443/a", LAN)


def test_a_name_with_an_odd_port_is_left_to_its_addresses_only_when_ranges_are_opened() -> None:
    assert judge_url("https://pbx.lan:8443/a", LAN).authority == "pbx.lan:8443"


@pytest.mark.parametrize(
    ("location", "leads_to"),
    [
        ("b.wav", "https://files.example/calls/b.wav"),
        ("/b.wav", "https://files.example/b.wav"),
        ("?b", "https://files.example/calls/a.wav?b"),
        ("../../../b", "https://files.example/b"),
        ("//other.example/b", "https://other.example/b"),
        ("https://other.example/b", "https://other.example/b"),
        ("/a//10.0.0.1/b", "https://files.example/a//10.0.0.1/b"),
    ],
)
def test_a_redirect_is_resolved_against_where_it_came_from(location: str, leads_to: str) -> None:
    assert follow(judge_url("https://files.example/calls/a.wav", PUBLIC), location, PUBLIC).url == leads_to


@pytest.mark.parametrize(
    "location",
    [
        "http://files.example/b",
        "ftp://files.example/b",
        "https:b.wav",
        "https:/10.0.0.1/b",
        "https://10.0.0.1/b",
        "//10.0.0.1/b",
        "///10.0.0.1/b",
        "/\\10.0.0.1/b",
        "https://files.example:8443/b",
        "https://a@files.example/b",
        "b.wav\r\nSet-Cookie: a=b",
        "localhost:80",
    ],
)
def test_a_redirect_is_judged_like_any_url(location: str) -> None:
    with pytest.raises((UrlBlockedError, UrlNotHttpsError)):
        follow(judge_url("https://files.example/calls/a.wav", PUBLIC), location, PUBLIC)


@given(st.text(alphabet=string.printable + "é\uff10。\u202e\ud800", max_size=60))
def test_whatever_follows_the_scheme_is_read_as_a_clean_host_or_refused(rest: str) -> None:
    try:
        target = judge_url("https://" + rest, PUBLIC)
    except CallTraceError:
        return
    assert set(target.host) <= set(string.ascii_lowercase + string.digits + "-_.:")
    assert target.target.isascii()
    assert not set(target.target) & set(string.whitespace + "\\")
    assert judge_url(target.url, PUBLIC) == target


@pytest.mark.parametrize("port", ["0", "65536", "99999"])
def test_a_port_that_does_not_exist_is_refused_even_where_any_port_is_allowed(port: str) -> None:
    with pytest.raises(UrlBlockedError):
        judge_url(f"https://192.168.20.7:{port}/call.wav", LAN)
