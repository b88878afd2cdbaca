"""Tokens can be told from typos offline (acceptance CT-011)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calltrace.accounts import tokens


@pytest.mark.accepts("CT-011")
@pytest.mark.parametrize("mode", ["live", "test"])
def test_a_new_token_is_well_formed_and_unlike_any_other(mode: str) -> None:
    made = {tokens.new_token(mode).token for _ in range(100)}
    assert len(made) == 100
    assert all(token.startswith(f"ct_{mode}_") and tokens.well_formed(token) for token in made)


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
