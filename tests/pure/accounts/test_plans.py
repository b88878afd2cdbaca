"""One catalogue of plans, of which an operator's file changes single terms."""

from pathlib import Path

import pytest

from calltrace.accounts.plans import SHIPPED, catalogue, name_in
from calltrace.kit.errors import ConfigurationError


def test_without_a_file_the_shipped_terms_hold(tmp_path: Path) -> None:
    assert catalogue(tmp_path) == SHIPPED


def test_a_file_changes_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "plans.toml").write_text('[pro]\nminutes_included = 2000\n[free]\nname = "Gratis"\n')
    changed = catalogue(tmp_path)
    assert changed["pro"] == SHIPPED["pro"].model_copy(update={"minutes_included": 2000})
    assert (changed["free"].name, changed["business"]) == ("Gratis", SHIPPED["business"])


def test_a_limit_is_lifted_by_a_word(tmp_path: Path) -> None:
    (tmp_path / "plans.toml").write_text('[pro]\napi_calls = "unlimited"\n')
    assert catalogue(tmp_path)["pro"].api_calls is None


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("[gold]\nname = 'x'", "gold"),
        ("pro = 1", "pro"),
        ("[pro]\nprice = 1", "pro.price"),
        ("[pro]\nprice_monthly = -1", "pro.price_monthly"),
        ("[pro]\nname = 'unlimited'", "pro.name"),
        ("[pro", "plans.toml"),
    ],
)
def test_a_file_with_a_fault_is_refused_by_its_name(tmp_path: Path, content: str, named: str) -> None:
    (tmp_path / "plans.toml").write_text(content)
    with pytest.raises(ConfigurationError, match=named):
        catalogue(tmp_path)


def test_contracts_have_names_of_their_own() -> None:
    assert [name_in("callcov", plan) for plan in SHIPPED] == ["self_hosted", "free", "starter", "growth"]
    assert name_in("callcenterrate", "self_hosted") == "BUSINESS"
    assert name_in("calltrace", "pro") == "pro"
