"""Where a link to the sign-in page may lead afterwards."""

import pytest

from calltrace.web.way import safe_path, sign_in_path


@pytest.mark.parametrize(
    "wanted",
    ["", "https://evil.test/", "//evil.test", "///evil.test", "/\\evil.test", "\\\\evil.test",
     "/\t/evil.test", "/\n//evil.test", "javascript:alert(1)", "account", "/login?next=/login", "/logout",
     "/a b", "/ü", "/" + "x" * 3000, "/\x00"],
)  # fmt: skip
def test_what_is_no_path_of_ours_leads_to_the_start(wanted: str) -> None:
    assert safe_path(wanted) == "/"
    assert sign_in_path(wanted) == "/login"


@pytest.mark.parametrize("wanted", ["/", "/account?a=b&c=%2F", "/admin/integrations/deliveries?cursor=x#y"])
def test_a_path_of_ours_is_kept(wanted: str) -> None:
    assert safe_path(wanted) == wanted


def test_the_way_back_is_written_into_the_link() -> None:
    assert sign_in_path("/a?b=c&d=e") == "/login?next=/a%3Fb%3Dc%26d%3De"
