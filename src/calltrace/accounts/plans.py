"""The one catalogue of plans that every contract reads: what a plan costs, includes and allows.

A file ``plans.toml`` in the data directory overrides single terms, as ``[pro]`` and ``minutes_included =
2000``. It is read once by each process that needs it.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, cast, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from calltrace.accounts.models import Contract, Plan
from calltrace.kit.errors import ConfigurationError

FILE = "plans.toml"
PLANS: tuple[Plan, ...] = get_args(Plan)

_NAMES: Mapping[Contract, Mapping[Plan, str]] = {
    "callcov": {"pro": "starter", "business": "growth"},
    "callcenterrate": {"free": "FREE", "pro": "PRO", "business": "BUSINESS", "self_hosted": "BUSINESS"},
}
"""How contracts call the plans where they do not use our names (interfaces, section 5)."""

Price = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Amount = Annotated[int, Field(ge=0)]


class Terms(BaseModel):
    """What a plan costs, includes and allows. ``None`` is no limit.

    Attributes:
        name: for people.
        price_monthly: in US dollars.
        minutes_included: of audio in one month.
        overage_rate: US dollars for each minute above them.
        overage_allowed: whether more than that is analysed at all.
        api_calls: of contracts with a monthly quota; 0 means that the plan has no such access.
        analyses: in one month, the same.
        webhooks: whether contracts that sell them apart give them.
        features: for people, in the order shown.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(min_length=1, max_length=60)]
    price_monthly: Price = 0
    minutes_included: Amount | None = None
    overage_rate: Price = 0
    overage_allowed: bool = True
    api_calls: Amount | None = None
    analyses: Amount | None = None
    webhooks: bool = True
    features: tuple[str, ...] = ()


SHIPPED: Mapping[Plan, Terms] = {
    "self_hosted": Terms(name="Self-hosted", features=("Everything, without a quota",)),
    "free": Terms(
        name="Free", minutes_included=500, overage_allowed=False, api_calls=0, webhooks=False,
        features=("500 minutes a month", "Web UI and API"),
    ),
    "pro": Terms(
        name="Starter", price_monthly=49, minutes_included=1000, overage_rate=0.05, api_calls=10_000,
        webhooks=False, features=("1,000 minutes a month", "Further minutes at $0.05"),
    ),
    "business": Terms(
        name="Growth", price_monthly=199, minutes_included=5000, overage_rate=0.04, api_calls=100_000,
        features=("5,000 minutes a month", "Further minutes at $0.04"),
    ),
}  # fmt: skip
"""Decisions on the contract CallCov, section 6, and on Call Center Rate (acceptance CR-056)."""


@cache
def catalogue(data_dir: Path) -> Mapping[Plan, Terms]:
    """The terms of every plan: those that ship, as the operator's file changes them.

    Raises:
        ConfigurationError: the file is no TOML, or names a plan or a term that does not exist.
    """
    path = data_dir / FILE
    try:
        changed = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return SHIPPED
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: {error}") from error
    for name in changed:
        if name not in PLANS:
            raise ConfigurationError(f"{path}: {name!r} is no plan; there are {', '.join(PLANS)}.")
    return {plan: _changed(path, plan, changed.get(plan, {})) for plan in PLANS}


def _changed(path: Path, plan: Plan, values: Any) -> Terms:
    if not isinstance(values, dict):
        raise ConfigurationError(f"{path}: {plan} is a table, as [{plan}] with its terms below.")
    named = cast("dict[str, Any]", values)
    lifted = {name: None for name, value in named.items() if value == "unlimited"}
    given = {**SHIPPED[plan].model_dump(), **named, **lifted}
    try:
        return Terms.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(f"{path}: {plan}.{where}: {first['msg']}") from error


def name_in(contract: Contract, plan: Plan) -> str:
    """What a contract calls a plan."""
    return _NAMES.get(contract, {}).get(plan, plan)
