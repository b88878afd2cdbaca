"""People: they register, confirm, log in, renew, change and leave; and they make keys."""

import asyncio
import base64
import re
import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from pyotp.totp import TOTP
from sqlalchemy import select, text

from calltrace.accounts import access, queries, registration, second_factor, sessions, throttle
from calltrace.accounts.models import User
from calltrace.accounts.service import create_user
from calltrace.accounts.sessions import SignedIn
from calltrace.analyses import submit, waiting
from calltrace.conversations.models import Conversation
from calltrace.db.session import Database
from calltrace.kit import clock
from calltrace.kit.encryption import SecretBox
from calltrace.pipeline.context import Platform
from calltrace.settings import load_settings
from database.analyses.factory import completed
from database.conftest import SECRET, waiting_for_locks
from database.dialects.callcov.conftest import Api, NewKey

PASSWORD = "Str0ng & long"
INVALID = {"detail": "Invalid authentication credentials"}
BAD_CODE = {"detail": "Invalid or expired code"}
Json = dict[str, Any]


class Person:
    """Somebody with an address of their own, before the contract."""

    def __init__(self, client: httpx2.AsyncClient, database: Database) -> None:
        self.client, self.database, self.email = client, database, f"{uuid.uuid4()}@callcov.test"

    async def post(self, path: str, **body: Any) -> httpx2.Response:
        return await self.client.post(f"/auth/{path}", json=body)

    async def register(self) -> httpx2.Response:
        return await self.post("register", email=self.email, password=PASSWORD)

    async def code(self, email: str | None = None) -> str:
        """The code of the last mail."""
        query = text("SELECT body FROM mails WHERE recipient = :to ORDER BY created_at DESC LIMIT 1")
        async with self.database.operator() as session:
            body = await session.scalar(query, {"to": email or self.email})
        found = re.search(r"^Code: (\S+)$", body or "", re.MULTILINE)
        assert found, body
        assert f"token={found[1]}" in (body or "")
        return found[1]

    async def tokens(self) -> Json:
        await self.register()
        return (await self.post("verify-email", code=await self.code())).json()


@pytest.fixture
def person(http: httpx2.AsyncClient, database: Database) -> Person:
    return Person(http, database)


@pytest.fixture
async def me(person: Person) -> Api:
    return Api(person.client, (await person.tokens())["access_token"])


@pytest.mark.accepts("CV-022", "CV-070", "CV-071", "CV-073")
async def test_from_registration_to_the_first_call(person: Person) -> None:
    answer = await person.register()
    made = answer.json()
    assert answer.status_code == 201
    assert made == {
        "id": made["id"], "object": "user", "created": made["created"], "livemode": True,
        "email": person.email, "is_verified": False, "success": True,
        "message": "Registration successful. Please check your email to verify your account.",
    }  # fmt: skip
    early = await person.post("login", email=person.email, password=PASSWORD)
    assert (early.status_code, early.json()) == (403, {"detail": "Email not verified"})
    confirmed = await person.post("verify-email", code=await person.code())
    assert set(confirmed.json()) == {"access_token", "refresh_token", "token_type", "expires_in"}
    assert (confirmed.json()["token_type"], confirmed.json()["expires_in"]) == ("bearer", 1800)
    answer = await person.post("login", email=person.email.upper(), password=PASSWORD)
    call = Api(person.client, answer.json()["access_token"])
    assert (await call.submitted(agent_id="a"))["livemode"] is True
    assert (await call("GET", "/analysis/")).json()["total"] == 1


@pytest.mark.accepts("CV-070")
@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"email": "nobody", "password": PASSWORD}, "email"),
        ({"email": "a@b.test", "password": "short"}, "password"),
        ({"email": "a@b.test", "password": "onlylowercase1!"}, "password"),
        ({"email": "a@b.test", "password": PASSWORD, "phone_number": "0123"}, "phone_number"),
        ({"password": PASSWORD}, "email"),
    ],
)
async def test_a_registration_is_judged_and_no_secret_comes_back(
    person: Person, body: Json, place: str
) -> None:
    answer = await person.post("register", **body)
    assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, ["body", place])
    assert body["password"] not in answer.text
    assert place not in {"password", "email"} or "[redacted]" in answer.text or "email" in body


async def test_an_address_registers_once(person: Person) -> None:
    answers = await asyncio.gather(*(person.register() for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [201, 400, 400]
    assert {"detail": "Email already registered"} in [answer.json() for answer in answers]


async def test_an_operator_closes_registration(person: Person, served: Platform) -> None:
    closed = load_settings(data_dir=served.settings.data_dir, callcov_registration="off")
    object.__setattr__(served, "settings", closed)
    answer = await person.register()
    assert (answer.status_code, answer.json()) == (403, {"detail": "Registration is disabled"})


async def test_who_never_confirms_is_forgotten(person: Person, database: Database) -> None:
    await person.register()
    async with database.operator() as session:
        long_ago = "UPDATE users SET created_at = created_at - interval '8 days' WHERE email = :one"
        await session.execute(text(long_ago), {"one": person.email})
        await registration.forget(session, timedelta(days=9))
    assert (await person.register()).status_code == 400
    async with database.operator() as session:
        await registration.forget(session, timedelta(days=7))
    assert (await person.register()).status_code == 201


@pytest.mark.accepts("CV-073")
async def test_a_code_works_once_and_for_one_purpose(person: Person) -> None:
    await person.register()
    code = await person.code()
    wrong = await person.post("password-reset/confirm", code=code, new_password=PASSWORD)
    assert (wrong.status_code, wrong.json()) == (400, BAD_CODE)
    answers = await asyncio.gather(*(person.post("verify-email", code=code) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 400]
    assert (await person.post("verify-email", code="nothing")).json() == BAD_CODE


@pytest.mark.accepts("CV-071")
async def test_a_wrong_password_is_like_an_unknown_address(person: Person) -> None:
    await person.tokens()
    for email, password in ((person.email, "wrong"), ("nobody@callcov.test", PASSWORD)):
        answer = await person.post("login", email=email, password=password)
        assert (answer.status_code, answer.json()) == (401, INVALID)


@pytest.mark.accepts("CV-072")
async def test_a_refresh_token_is_good_once_and_its_family_ends_when_it_comes_again(person: Person) -> None:
    first = await person.tokens()
    second = (await person.post("refresh", refresh_token=first["refresh_token"])).json()
    assert second["refresh_token"] != first["refresh_token"]
    again = await person.post("refresh", refresh_token=first["refresh_token"])
    assert (again.status_code, again.json()) == (401, INVALID)
    assert (await person.post("refresh", refresh_token=second["refresh_token"])).status_code == 401
    for wrong in (second["access_token"], "x", "a.b.c"):
        assert (await person.post("refresh", refresh_token=wrong)).status_code == 401


@pytest.mark.accepts("CV-074", "CV-075")
async def test_a_forgotten_password_is_replaced(person: Person) -> None:
    tokens = await person.tokens()
    told = [await person.post("password-reset", email=one) for one in (person.email, "nobody@callcov.test")]
    assert [answer.status_code for answer in told] == [200, 200]
    assert told[0].json() == told[1].json() == {
        "message": "If the address is registered, a reset email was sent.", "success": True,
    }  # fmt: skip
    new = "An0ther one!"
    answer = await person.post("password-reset/confirm", token=await person.code(), new_password=new)
    assert answer.json() == {"message": "Password has been reset.", "success": True}
    assert (await person.post("refresh", refresh_token=tokens["refresh_token"])).status_code == 401
    assert (await person.post("login", email=person.email, password=PASSWORD)).status_code == 401
    assert (await person.post("login", email=person.email, password=new)).status_code == 200


@pytest.mark.accepts("CV-022", "CV-023")
async def test_tokens_that_are_none_of_ours_open_nothing(
    person: Person, served: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = await person.tokens()
    head, body, signature = tokens["access_token"].split(".")
    unsigned = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0"
    forged = jwt.encode({"alg": "HS256"}, {"sub": "x", "type": "access"}, OctKey.generate_key(256))
    odd = base64.urlsafe_b64encode(b'{"alg":"HS256","crit":1}').decode().rstrip("=")
    deep = base64.urlsafe_b64encode(b"[" * 2700).decode()
    wrong = (
        tokens["refresh_token"], f"{unsigned}.{body}.", f"{head}.{body}.{signature[::-1]}", forged, "..",
        f"{odd}.{body}.{signature}", f"{deep}.{body}.{signature}",
    )  # fmt: skip
    for token in wrong:
        assert (await Api(person.client, token)("GET", "/users/me")).json() == INVALID, token
    own = {"X-API-Key": tokens["access_token"]}
    assert (await person.client.get("/analysis/", headers=own)).status_code == 401, (
        "a key's header is for keys"
    )
    monkeypatch.setattr(access, "ACCESS", timedelta(seconds=-1))
    over = (await person.post("refresh", refresh_token=tokens["refresh_token"])).json()
    assert (await Api(person.client, over["access_token"])("GET", "/users/me")).json() == INVALID
    rotated = replace(served.tokens, secrets=("new", *served.tokens.secrets))
    user = await rotated.person(served.database, tokens["access_token"])
    assert user.email == person.email, "an earlier secret still verifies"


@pytest.mark.accepts("CV-076", "CV-077")
async def test_a_person_reads_and_changes_their_own(me: Api, person: Person) -> None:
    shown = (await me("GET", "/users/me")).json()
    assert (shown["object"], shown["email"], shown["role"], shown["is_verified"]) == (
        "user", person.email, "owner", True,
    )  # fmt: skip
    assert shown["webhook_signing_secret"].startswith("whsec_")
    changed = (await me("PUT", "/users/me/", {"name": "Ada", "phone_number": "+4930123456"})).json()
    assert (changed["name"], changed["phone_number"], changed["id"]) == ("Ada", "+4930123456", shown["id"])
    wrong = await me("PUT", "/users/me", {"password": "N3w & long", "current_password": "no"})
    assert (wrong.status_code, wrong.json()) == (400, {"detail": "Current password is incorrect"})
    missing = await me("PUT", "/users/me", {"password": "N3w & long"})
    assert missing.json()["detail"][0]["loc"] == ["body", "current_password"]
    before = (await person.post("login", email=person.email, password=PASSWORD)).json()
    right = await me("PUT", "/users/me", {"password": "N3w & long", "current_password": PASSWORD})
    assert right.status_code == 200
    again = await person.post("refresh", refresh_token=before["refresh_token"])
    assert (again.status_code, again.json()) == (401, INVALID), "a new password ends what the old one began"
    assert (await person.post("login", email=person.email, password="N3w & long")).status_code == 200


async def test_a_new_address_is_to_be_confirmed(me: Api, person: Person, http: httpx2.AsyncClient) -> None:
    other = Person(http, person.database)
    await other.tokens()
    taken = await me("PUT", "/users/me", {"email": other.email.upper()})
    assert (taken.status_code, taken.json()) == (400, {"detail": "Email already registered"})
    new = f"new-{person.email}"
    assert (await me("PUT", "/users/me", {"email": new})).json()["is_verified"] is False
    assert (await person.post("login", email=new, password=PASSWORD)).status_code == 200
    await person.post("verify-email", code=await person.code(new))
    assert (await me("GET", "/users/me")).json()["is_verified"] is True
    for _ in range(throttle.PER_RECIPIENT):
        await throttle.may_send_link(person.database, "victim@callcov.test")
    often = await me("PUT", "/users/me", {"email": "victim@callcov.test"})
    assert (often.status_code, often.json()) == (429, {"detail": "Rate limit exceeded"})
    written = [new.upper(), new, new.upper(), new, *[new.upper()] * 2]  # one's own, and yet mailed to
    changed = [(await me("PUT", "/users/me", {"email": one})).status_code for one in written]
    assert changed == [200] * (throttle.PER_RECIPIENT - 1) + [429] * 2
    kept = (await me("GET", "/users/me")).json()["email"]
    assert (await me("PUT", "/users/me", {"email": kept, "name": "Eve"})).status_code == 200, "no change"


async def _set(person: Person, statement: str) -> None:
    async with person.database.operator() as session:
        await session.execute(text(statement), {"one": person.email})


async def test_tokens_end_with_the_other_places_where_somebody_is_signed_in(person: Person) -> None:
    tokens = await person.tokens()
    query = text("SELECT org_id, id FROM users WHERE email = :one")
    async with person.database.operator() as session:
        org, user = (await session.execute(query, {"one": person.email})).one()
    here = SignedIn(org, user, person.email, "owner", uuid.uuid4(), "")
    async with person.database.tenant(org) as session:
        await sessions.end_others(session, here, here.actor(None, None))
    assert (await person.post("refresh", refresh_token=tokens["refresh_token"])).status_code == 401


async def test_a_mailbox_and_an_old_token_are_no_second_factor(me: Api, person: Person) -> None:
    tokens = (await person.post("login", email=person.email, password=PASSWORD)).json()
    person.email = f"new-{person.email}"
    await me("PUT", "/users/me", {"email": person.email})
    required = "UPDATE organisations SET second_factor_required = true WHERE id = "
    await _set(person, f"{required}(SELECT org_id FROM users WHERE email = :one)")
    owing = await person.post("refresh", refresh_token=tokens["refresh_token"])
    assert (owing.status_code, owing.json()) == (401, INVALID)
    confirmed = await person.post("verify-email", code=await person.code())
    assert (confirmed.status_code, confirmed.json()["detail"]) == (
        403, "Email verified. Second factor required",
    )  # fmt: skip
    assert (await me("GET", "/users/me")).json()["is_verified"] is True


async def _second_factor(person: Person) -> TOTP:
    """Somebody has a second factor from now on."""
    secret = second_factor.new_secret()
    async with person.database.operator() as session:
        user = (await session.scalars(select(User).where(User.email == person.email))).one()
        user.sealed_totp = SecretBox(SECRET).seal(secret)
    return TOTP(secret)


@pytest.mark.accepts("CV-071")
async def test_a_second_factor_is_part_of_logging_in(me: Api, person: Person) -> None:
    del me
    totp, known = await _second_factor(person), {"email": person.email, "password": PASSWORD}
    without = await person.post("login", **known)
    assert (without.status_code, without.json()) == (
        403, {"detail": "Second factor required: send otp, or use an API key"},
    )  # fmt: skip
    assert (await person.post("login", **known | {"password": "no", "otp": totp.now()})).json() == INVALID
    wrong = await person.post("login", **known, otp="000000")
    assert (wrong.status_code, wrong.json()) == (401, INVALID)
    code = totp.now()
    assert (await person.post("login", **known, otp=code)).json()["token_type"] == "bearer"
    assert (await person.post("login", **known, otp=code)).json() == INVALID, "no code is good twice"
    bad = (await person.post("login", email=person.email, otp=7)).json()["detail"]
    assert [one["input"] for one in bad if one["loc"] == ["body", "otp"]] == ["[redacted]"]


async def test_whoever_owes_a_second_factor_sets_it_up_first(me: Api, person: Person) -> None:
    del me
    async with person.database.operator() as session:
        query = "UPDATE organisations SET second_factor_required = true WHERE name = :name"
        await session.execute(text(query), {"name": person.email})
    answer = await person.post("login", email=person.email, password=PASSWORD)
    assert (answer.status_code, answer.json()["detail"].partition(":")[0]) == (403, "Second factor required")


@pytest.mark.accepts("CV-078")
async def test_the_last_owner_takes_everything_along(
    me: Api, person: Person, served: Platform, intake: submit.Intake, tmp_path: Any
) -> None:
    key = (await me("POST", "/api-keys/", {})).json()["api_key"]
    await me.submitted(agent_id="a", webhook_url="https://127.0.0.1/hook")
    async with served.database.operator() as session:
        query = text("SELECT org_id FROM users WHERE email = :one")
        org = await session.scalar(query, {"one": person.email})
    assert org
    await completed(served, intake, org, tmp_path)
    await waiting.open_file(intake, org, None, waiting.Told("call.wav"))
    async with served.database.tenant(org) as session:
        chat = Conversation(org_id=org, kind="text", status="active", started_at=clock.now())
        away = User(
            org_id=org, email=f"{uuid.uuid4()}@callcov.test", role="owner", deactivated_at=clock.now()
        )
        invited = User(org_id=org, email=f"{uuid.uuid4()}@callcov.test", role="owner")
        session.add_all([chat, away, invited])
    shown = (await me("GET", "/users/me")).json()
    gone = await me("DELETE", "/users/me")
    assert gone.json() == {"id": shown["id"], "object": "user", "deleted": True}
    for token in (key, me.headers["Authorization"].removeprefix("Bearer ")):
        assert (await Api(person.client, token)("GET", "/analysis/")).json() == INVALID
    async with served.database.tenant(org) as session:
        for table in (
            "analyses", "recordings", "transcripts", "webhook_deliveries", "waiting_files", "uploads",
            "conversations",
        ):  # fmt: skip
            assert await session.scalar(text(f"SELECT count(*) FROM {table}")) == 0, table
        assert await session.scalar(text("SELECT count(*) FROM users")) == 2, "nobody who could sign in"
        kept = "SELECT count(*) FROM webhook_endpoints WHERE deleted_at IS NULL"
        assert await session.scalar(text(kept)) == 0
    assert (await person.register()).status_code == 201, "the address is free again"


async def _colleague(person: Person, role: str) -> Api:
    """Somebody else of the same organisation, made on the command line."""
    async with person.database.operator() as session:
        query = text("SELECT org_id FROM users WHERE email = :one")
        org = await session.scalar(query, {"one": person.email})
        email = f"{uuid.uuid4()}@callcov.test"
        await create_user(session, org, email, role, PASSWORD)  # type: ignore[arg-type] - of a table
    answer = await person.post("login", email=email, password=PASSWORD)
    return Api(person.client, answer.json()["access_token"])


async def test_whoever_leaves_waits_for_those_who_manage_people(me: Api, person: Person) -> None:
    """They lock the organisation first, then the person."""
    shown = (await me("GET", "/users/me")).json()
    async with person.database.operator() as session:
        org = await session.scalar(text("SELECT org_id FROM users WHERE email = :one"), {"one": person.email})
    async with person.database.tenant(org) as session:
        await queries.locked_organisation(session, org)
        gone = asyncio.create_task(me("DELETE", "/users/me"))
        while not await waiting_for_locks(person.database):
            assert not gone.done()
            await asyncio.sleep(0.01)
        assert await queries.locked_user(session, uuid.UUID(shown["id"])) is not None
    assert (await gone).status_code == 200


async def test_others_stay_when_one_leaves(me: Api, person: Person) -> None:
    made = await me.submitted()
    other = await _colleague(person, "owner")
    assert (await me("DELETE", "/users/me")).status_code == 200
    assert (await other("GET", f"/analysis/{made['id']}")).status_code == 200


async def test_roles_hold(me: Api, person: Person) -> None:
    made = await me.submitted(agent_id="somebody")
    agent, reviewer = await _colleague(person, "agent"), await _colleague(person, "reviewer")
    assert (await agent("GET", "/analysis/")).json()["total"] == 0, "agents see their own calls"
    assert (await reviewer("GET", "/analysis/")).json()["total"] == 1
    assert (await reviewer("GET", "/users/me")).json()["webhook_signing_secret"] is None
    hook = {"webhook_url": "https://127.0.0.1/hook"}
    for one, told in ((me, True), (reviewer, False)):
        registered = await one("POST", f"/analysis/{made['id']}/webhook", hook, {"Idempotency-Key": "k"})
        assert (registered.status_code, bool(registered.json().get("secret"))) == (201 if told else 422, told)
    other = (await reviewer("POST", f"/analysis/{made['id']}/webhook", hook)).json()
    assert (other["webhook_url"], other["secret"]) == (hook["webhook_url"], None)
    refused = await agent("POST", "/analysis/", {"audio_url": "https://127.0.0.1/call.wav"})
    assert (refused.status_code, refused.json()) == (403, {"detail": "Insufficient permissions"})
    assert (await me("GET", "/analysis/")).json()["total"] == 1, "nothing was taken that would not be shown"
    for method, path in (
        ("GET", "/api-keys/"),
        ("POST", "/api-keys/"),
        ("DELETE", f"/api-keys/{uuid.uuid4()}"),
    ):
        answer = await reviewer(method, path, {} if method == "POST" else None)
        assert (answer.status_code, answer.json()) == (403, {"detail": "Insufficient permissions"})


async def test_a_key_of_a_person_may_what_the_person_may_now(me: Api, person: Person) -> None:
    key = Api(person.client, (await me("POST", "/api-keys/", {})).json()["api_key"])
    await key.submitted(agent_id="somebody")
    cancel = ("POST", "/billing/subscription/cancel")
    assert (await key(*cancel)).json() == {"detail": "No active paid subscription"}
    await _set(person, "UPDATE users SET role = 'agent' WHERE email = :one")
    assert (await key("GET", "/analysis/")).json()["total"] == 0
    refused = {"detail": "Insufficient permissions"}
    for answer in (await key(*cancel), await key("POST", "/analysis/", {"audio_url": "https://x.test/a"})):
        assert (answer.status_code, answer.json()) == (403, refused)


@pytest.mark.accepts("CV-006", "CV-079", "CV-080", "CV-081")
async def test_keys_are_made_shown_and_revoked(me: Api, person: Person) -> None:
    body = {"name": "CRM", "description": "of the CRM", "mode": "test", "expires_at": "2999-01-01T00:00:00Z"}
    answer = await me("POST", "/api-keys/", body, {"Idempotency-Key": "k"})
    made = answer.json()
    assert (answer.status_code, made["object"], made["livemode"], made["is_active"]) == (
        201,
        "api_key",
        False,
        True,
    )
    assert re.fullmatch(r"sk_test_[A-Za-z0-9]{48}", made["api_key"])
    assert made["key_prefix"] == made["api_key"][:14]
    assert made["expires_at"] == "2999-01-01T00:00:00.000Z"
    assert (await me("POST", "/api-keys", body, {"Idempotency-Key": "k"})).json() == made
    key = Api(person.client, made["api_key"])
    assert (await key("GET", "/analysis/")).status_code == 200
    listed = (await me("GET", "/api-keys/")).json()
    assert (listed["total"], listed["skip"], listed["limit"]) == (1, 0, 20)
    assert "api_key" not in listed["items"][0]
    gone = await me("DELETE", f"/api-keys/{made['id']}")
    assert gone.json() == {"id": made["id"], "object": "api_key", "deleted": True, "is_active": False}
    assert (await key("GET", "/analysis/")).json() == INVALID
    again = await me("DELETE", f"/api-keys/{made['id']}")
    assert (again.status_code, again.json()) == (404, {"detail": "API key not found"})
    assert (await me("GET", "/api-keys?limit=1")).json()["items"][0]["is_active"] is False


async def test_a_person_has_ten_keys_at_most(me: Api) -> None:
    answers = await asyncio.gather(*(me("POST", "/api-keys/", {}) for _ in range(12)))
    assert sorted(answer.status_code for answer in answers) == [201] * 10 + [400] * 2
    assert {"detail": "Maximum of 10 active API keys reached"} in [answer.json() for answer in answers]


@pytest.mark.parametrize(
    "moment", ["yesterday", "2001-01-01T00:00:00Z", "2999-01-01T00:00:00", "9999-12-31T23:59:59-12:00"]
)
async def test_a_key_ends_at_a_moment_to_come(me: Api, moment: str) -> None:
    answer = await me("POST", "/api-keys/", {"expires_at": moment})
    assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, ["body", "expires_at"])


@pytest.mark.parametrize("path", ["/users/me", "/api-keys/"])
async def test_keys_do_not_manage_people_or_keys(
    http: httpx2.AsyncClient, new_key: NewKey, path: str
) -> None:
    answer = await Api(http, await new_key())("GET", path)
    assert (answer.status_code, answer.json()) == (403, {"detail": "This endpoint requires a JWT token"})
    assert (await http.get(path)).json() == INVALID
