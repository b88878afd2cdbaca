"""Tokens can be told from typos offline (acceptance CT-011)."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calltrace.accounts import tokens
from calltrace.accounts.models import Contract, Mode

FORMS: list[tuple[Contract, Mode, str]] = [
    ("calltrace", "live", r"ct_live_[0-9A-Za-z]{46}"),
    ("calltrace", "test", r"ct_test_[0-9A-Za-z]{46}"),
    ("callcov", "live", r"sk_live_[0-9A-Za-z]{48}"),
    ("callcov", "test", r"sk_test_[0-9A-Za-z]{48}"),
    ("callcenterrate", "live", r"ccr_live_[0-9a-f]{32}"),
    ("auralytik", "live", r"ak_live_[0-9A-Za-z]{32}"),
]


@pytest.mark.accepts("CT-011", "CV-006", "CR-004")
@pytest.mark.parametrize(("contract", "mode", "form"), FORMS)
def test_a_new_token_is_well_formed_and_unlike_any_other(contract: Contract, mode: Mode, form: str) -> None:
    made = {tokens.new_token(mode, contract).token for _ in range(100)}
    assert len(made) == 100
    assert all(re.fullmatch(form, token) and tokens.well_formed(token, contract) for token in made)


@pytest.mark.parametrize("contract", [one[0] for one in FORMS[1::2]])
def test_a_token_is_none_of_another_contract(contract: Contract) -> None:
    for other, mode, _form in FORMS:
        assert tokens.well_formed(tokens.new_token(mode, other).token, contract) == (other == contract)


@pytest.mark.parametrize(("contract", "mode", "form"), FORMS)
def test_a_token_is_whole_or_none(contract: Contract, mode: Mode, form: str) -> None:
    token = tokens.new_token(mode, contract).token
    assert re.fullmatch(form, token)
    for changed in (token[:-1], token + "a", token[:-1] + "-", token.replace(mode, "prod"), f" {token}"):
        assert not tokens.well_formed(changed, contract)


@pytest.mark.accepts("CT-141")
def test_one_changed_character_is_noticed() -> None:
    token = tokens.new_token("live").token
    for position in range(len("ct_live_"), len(token)):
        changed = token[:position] + ("a" if token[position] != "a" else "b") + token[position + 1 :]
        assert not tokens.well_formed(changed)


@given(st.text(max_size=80))
def test_any_other_text_is_no_token(text: str) -> None:
    assert not tokens.well_formed(text)


@pytest.mark.accepts("CT-009")
def test_the_prefix_shows_only_the_beginning() -> None:
    made = tokens.new_token("live")
    assert made.prefix == made.token[:12]
    assert made.hash == tokens.hash_token(made.token)
