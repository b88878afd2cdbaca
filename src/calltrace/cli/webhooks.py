"""``calltrace webhooks``. What is done here is in the audit trail as the operator's."""

import uuid
from typing import Annotated, Any

import typer

from calltrace.accounts.audit import OPERATOR
from calltrace.accounts.models import Mode
from calltrace.cli.accounts import CONTRACT_HELP, CONTRACTS, OrgOption, choice, moment
from calltrace.cli.instance import Scope, for_organisation, in_organisation, settings_of
from calltrace.cli.output import JsonOption, show_many, show_one
from calltrace.kit.document import Document
from calltrace.kit.errors import UsageError
from calltrace.pipeline.context import Platform
from calltrace.webhooks import endpoints, queries, replay, service
from calltrace.webhooks.document import (
    attempt_document,
    delivery_document,
    endpoint_document,
    endpoint_with_secret,
)
from calltrace.webhooks.endpoints import Caller, Desk, NewEndpoint
from calltrace.webhooks.models import Delivery
from calltrace.webhooks.queries import DeliveryFilters
from calltrace.webhooks.replay import Span
from calltrace.webhooks.rotation import DEFAULT_OVERLAP_HOURS, LONGEST_OVERLAP_HOURS
from calltrace.webhooks.single import Owner, secret_of

webhooks = typer.Typer(no_args_is_help=True, help="Webhook endpoints and deliveries.")
BY_HAND = "Disabled on the command line."


@webhooks.command("create")
def create(
    context: typer.Context,
    org: OrgOption,
    url: Annotated[str, typer.Option(help="HTTPS URL of the receiver.")],
    event: Annotated[list[str], typer.Option(help="Repeat for several.")],
    contract: Annotated[str, typer.Option(help=CONTRACT_HELP)] = "calltrace",
    mode: Annotated[str, typer.Option(help="live or test: whose analyses it is told of.")] = "live",
    description: Annotated[str | None, typer.Option(help="For people.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Subscribe a URL; the signing secret is shown this once."""
    of = choice(contract, CONTRACTS, "--contract")
    wanted = NewEndpoint(url, event, choice(mode, ("live", "test"), "--mode"), description, of)

    async def work(platform: Platform, org_id: uuid.UUID) -> Document:
        desk = Desk(platform.database, platform.client, platform.box, platform.policy)
        return endpoint_with_secret(*await endpoints.create(desk, Caller(org_id, OPERATOR), wanted))

    show_one(_row(for_organisation(settings_of(context), org, work)), as_json=as_json)


@webhooks.command("list")
def list_endpoints(context: typer.Context, org: OrgOption, as_json: JsonOption = False) -> None:
    """List endpoints."""

    async def work(scope: Scope) -> list[dict[str, Any]]:
        return [_row(endpoint_document(one)) for one in await queries.endpoints(scope.session)]

    columns = ("id", "url", "events", "mode", "failingSince", "disabledAt", "disabledReason")
    show_many(in_organisation(settings_of(context), org, work), columns, as_json=as_json)


@webhooks.command("disable")
def disable(context: typer.Context, org: OrgOption, endpoint: str, as_json: JsonOption = False) -> None:
    """Stop sending to an endpoint (id or URL); what waits for it ends as failed."""

    async def work(scope: Scope) -> Document:
        found = await service.find_endpoint(scope.session, endpoint)
        await service.disable(scope.session, found, BY_HAND, OPERATOR)
        return endpoint_document(found)

    show_one(_row(in_organisation(settings_of(context), org, work)), as_json=as_json)


@webhooks.command("enable")
def enable(context: typer.Context, org: OrgOption, endpoint: str, as_json: JsonOption = False) -> None:
    """Send to an endpoint (id or URL) again."""

    async def work(scope: Scope) -> Document:
        found = await service.find_endpoint(scope.session, endpoint)
        await service.enable(scope.session, found, OPERATOR)
        return endpoint_document(found)

    show_one(_row(in_organisation(settings_of(context), org, work)), as_json=as_json)


@webhooks.command("delete")
def delete(context: typer.Context, org: OrgOption, endpoint: str, as_json: JsonOption = False) -> None:
    """Delete an endpoint (id or URL) with its deliveries."""

    async def work(scope: Scope) -> Document:
        found = await service.find_endpoint(scope.session, endpoint)
        await endpoints.delete(scope.session, found, OPERATOR)
        return endpoint_document(found)

    show_one(_row(in_organisation(settings_of(context), org, work)), as_json=as_json)


@webhooks.command("rotate-secret")
def rotate_secret(
    context: typer.Context,
    org: OrgOption,
    endpoint: str,
    overlap_hours: Annotated[
        int, typer.Option(min=0, max=LONGEST_OVERLAP_HOURS, help="How long the old secret stays good.")
    ] = DEFAULT_OVERLAP_HOURS,
    as_json: JsonOption = False,
) -> None:
    """Make a new secret for an endpoint (id or URL), shown this once."""

    async def work(scope: Scope) -> Document:
        found = await service.find_endpoint(scope.session, endpoint)
        secret = await endpoints.rotate(scope.session, found, scope.platform.box, overlap_hours, OPERATOR)
        return endpoint_with_secret(found, secret)

    show_one(_row(in_organisation(settings_of(context), org, work)), as_json=as_json)


@webhooks.command("secret")
def secret(
    context: typer.Context,
    org: OrgOption,
    contract: Annotated[
        str, typer.Option(help="Whose URLs that come with an analysis are meant.")
    ] = "callcov",
    mode: Annotated[str, typer.Option(help="live or test.")] = "live",
    as_json: JsonOption = False,
) -> None:
    """Show what URLs that came with analyses are signed with; it is made when it is first asked for."""
    of = choice(contract, ("callcov",), "--contract")
    in_mode: Mode = "test" if choice(mode, ("live", "test"), "--mode") == "test" else "live"

    async def work(platform: Platform, org_id: uuid.UUID) -> dict[str, Any]:
        async with platform.database.tenant(org_id) as session:
            return {"secret": await secret_of(session, Owner(org_id, of, in_mode), platform.box)}

    show_one(for_organisation(settings_of(context), org, work), as_json=as_json)


@webhooks.command("test")
def send_test(context: typer.Context, org: OrgOption, endpoint: str, as_json: JsonOption = False) -> None:
    """Send a webhook.ping to an endpoint (id or URL) through the running workers."""

    async def work(scope: Scope) -> Document:
        found = await service.find_endpoint(scope.session, endpoint)
        return delivery_document(await endpoints.test(scope.session, found, OPERATOR))

    show_one(_row(in_organisation(settings_of(context), org, work)), as_json=as_json)


@webhooks.command("deliveries")
def deliveries(
    context: typer.Context,
    org: OrgOption,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    as_json: JsonOption = False,
) -> None:
    """List the newest deliveries with their attempts."""

    async def work(scope: Scope) -> list[dict[str, Any]]:
        found = await queries.delivery_page(scope.session, DeliveryFilters(), None, limit)
        return [await _with_attempts(scope, one) for one in found]

    columns = ("deliveryId", "event", "status", "attemptCount", "nextAttemptAt", "deliveredAt", "error")
    show_many(in_organisation(settings_of(context), org, work), columns, as_json=as_json)


@webhooks.command("replay")
def replay_deliveries(
    context: typer.Context,
    org: OrgOption,
    delivery: Annotated[str | None, typer.Argument(help="One delivery; or give a range.")] = None,
    endpoint: Annotated[str | None, typer.Option(help="Id or URL: what it was sent in a range.")] = None,
    start: Annotated[str | None, typer.Option("--from", help="ISO-8601, inclusive.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="ISO-8601, inclusive.")] = None,
    status: Annotated[str, typer.Option(help="Of a range: failed, delivered or any.")] = "failed",
    as_json: JsonOption = False,
) -> None:
    """Deliver once more, with the same deliveryId and body: one, or all of an endpoint in a range."""
    if delivery is not None and not (endpoint or start or end):
        show_one(_row(in_organisation(settings_of(context), org, _one(delivery))), as_json=as_json)
        return
    if delivery is not None or not (endpoint and start and end):
        raise UsageError("Give a delivery, or --endpoint, --from and --to.")
    which = choice(status, ("failed", "delivered", "any"), "--status")
    span, named = Span(moment(start, "--from"), moment(end, "--to"), which), endpoint

    async def work(platform: Platform, org_id: uuid.UUID) -> dict[str, Any]:
        async with platform.database.tenant(org_id) as session:
            found = await service.find_endpoint(session, named)
        caller = Caller(org_id, OPERATOR)
        return {"redelivered": await replay.redeliver_range(platform.database, caller, found.id, span)}

    show_one(for_organisation(settings_of(context), org, work), as_json=as_json)


def _one(delivery_id: str) -> Any:
    async def work(scope: Scope) -> Document:
        return delivery_document(await replay.redeliver(scope.session, delivery_id, OPERATOR))

    return work


async def _with_attempts(scope: Scope, delivery: Delivery) -> dict[str, Any]:
    attempts = [attempt_document(one) for one in await queries.attempts(scope.session, delivery.id)]
    without_answers = [one.model_dump(mode="json", exclude={"response_body"}) for one in attempts]
    return {**_row(delivery_document(delivery)), "attempts": without_answers}


def _row(document: Document) -> dict[str, Any]:
    return document.model_dump(mode="json")
