"""``calltrace users``, in this process against the real database."""

import json
import uuid
from typing import Any

import pytest

from calltrace.accounts.errors import LastOwnerError
from calltrace.cli.people import users
from calltrace.kit.errors import NotFoundError, UsageError
from database.cli.conftest import Run


def _new() -> str:
    return f"{uuid.uuid4()}@v.test"


def _json(run: Run, *arguments: str) -> Any:
    return json.loads(run(users, *arguments, "--json"))


def test_somebody_is_invited_and_led_through_every_state(run: Run) -> None:
    email = _new()
    made = _json(run, "invite", email, "--role", "agent", "--name", "Jane")
    assert (made["state"], "/invitation?token=" in made["link"]) == ("invited", True)
    assert _json(run, "set-role", email, "--role", "supervisor")["role"] == "supervisor"
    assert _json(run, "deactivate", email)["state"] == "deactivated"
    assert [one["email"] for one in _json(run, "list", "--state", "deactivated")] == [email]
    assert _json(run, "list", "--role", "agent") == []
    assert _json(run, "reactivate", email)["state"] == "invited"
    assert _json(run, "delete", email)["deleted"] is True
    with pytest.raises(NotFoundError):
        run(users, "deactivate", email)


def test_a_link_to_a_new_password_is_shown_to_the_operator(run: Run) -> None:
    email = _new()
    _json(run, "create", email, "--role", "agent")
    assert "/reset-password?token=" in _json(run, "reset-password", email)["link"]
    assert _json(run, "remove-second-factor", email)["secondFactor"] is False


def test_the_operator_makes_owners_and_keeps_one(run: Run) -> None:
    first, second = _new(), _new()
    _json(run, "create", first, "--role", "owner")
    with pytest.raises(LastOwnerError):
        run(users, "set-role", first, "--role", "agent")
    _json(run, "create", second, "--role", "agent")
    assert _json(run, "set-role", second, "--role", "owner")["role"] == "owner"
    assert _json(run, "set-role", first, "--role", "agent")["role"] == "agent"


def test_what_is_no_role_or_state_is_refused(run: Run) -> None:
    for arguments in (
        ("set-role", _new(), "--role", "king"),
        ("list", "--state", "gone"),
        ("list", "--role", ""),
    ):
        with pytest.raises(UsageError):
            run(users, *arguments)
