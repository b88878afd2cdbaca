"""``calltrace webhooks``."""

from typing import Annotated, Any

import typer

from calltrace.cli.accounts import OrgOption, check_contract
from calltrace.cli.instance import Scope, in_organisation, settings_of
from calltrace.cli.output import JsonOption, show_many, show_one
from calltrace.kit import clock
from calltrace.webhooks import queries, service
from calltrace.webhooks.models import Delivery, Endpoint

webhooks = typer.Typer(no_args_is_help=True, help="Webhook endpoints and deliveries.")


@webhooks.command("create")
def create(
    context: typer.Context,
    org: OrgOption,
    url: Annotated[str, typer.Option(help="HTTPS URL of the receiver.")],
    event: Annotated[list[str], typer.Option(help="Repeat for several.")],
    contract: Annotated[str, typer.Option(help="Only calltrace is served by this version.")] = "calltrace",
    as_json: JsonOption = False,
) -> None:
    """Subscribe a URL; the signing secret is shown this once."""
    check_contract(contract)

    async def work(scope: Scope) -> dict[str, Any]:
        made, secret = await service.create_endpoint(
            scope.session,
            scope.org_id,
            url=url,
            events=event,
            box=scope.platform.box,
            policy=scope.platform.policy,
        )
        return {**_endpoint(made), "secret": secret}

    show_one(in_organisation(settings_of(context), org, work), as_json=as_json)


@webhooks.command("list")
def list_endpoints(context: typer.Context, org: OrgOption, as_json: JsonOption = False) -> None:
    """List endpoints."""

    async def work(scope: Scope) -> list[dict[str, Any]]:
        return [_endpoint(one) for one in await queries.endpoints(scope.session)]

    columns = ("id", "url", "events", "disabledAt", "disabledReason")
    show_many(in_organisation(settings_of(context), org, work), columns, as_json=as_json)


@webhooks.command("disable")
def disable(context: typer.Context, org: OrgOption, endpoint: str, as_json: JsonOption = False) -> None:
    """Stop sending to an endpoint (id or URL)."""

    async def work(scope: Scope) -> dict[str, Any]:
        found = await service.find_endpoint(scope.session, endpoint)
        await service.disable(scope.session, found, "Disabled on the command line.")
        return _endpoint(found)

    show_one(in_organisation(settings_of(context), org, work), as_json=as_json)


@webhooks.command("test")
def send_test(context: typer.Context, org: OrgOption, endpoint: str, as_json: JsonOption = False) -> None:
    """Send a webhook.ping to an endpoint (id or URL) through the running workers."""

    async def work(scope: Scope) -> dict[str, Any]:
        return _delivery(
            await service.send_ping(scope.session, await service.find_endpoint(scope.session, endpoint))
        )

    show_one(in_organisation(settings_of(context), org, work), as_json=as_json)


@webhooks.command("deliveries")
def deliveries(
    context: typer.Context,
    org: OrgOption,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    as_json: JsonOption = False,
) -> None:
    """List the newest deliveries with their attempts."""

    async def work(scope: Scope) -> list[dict[str, Any]]:
        found = await queries.deliveries(scope.session, limit=limit)
        return [{**_delivery(one), "tries": await _tries(scope.session, one.id)} for one in found]

    columns = ("deliveryId", "event", "status", "attempts", "nextAttemptAt", "deliveredAt")
    show_many(in_organisation(settings_of(context), org, work), columns, as_json=as_json)


@webhooks.command("replay")
def replay(context: typer.Context, org: OrgOption, delivery: str, as_json: JsonOption = False) -> None:
    """Deliver once more, with the same deliveryId and body."""

    async def work(scope: Scope) -> dict[str, Any]:
        return _delivery(await service.replay(scope.session, delivery))

    show_one(in_organisation(settings_of(context), org, work), as_json=as_json)


async def _tries(session: Any, delivery_id: str) -> list[dict[str, Any]]:
    return [
        {
            "number": one.number, "status": one.status, "responseCode": one.response_code, "error": one.error,
            "startedAt": clock.iso(one.started_at), "finishedAt": clock.iso(one.finished_at),
        }
        for one in await queries.attempts(session, delivery_id)
    ]  # fmt: skip


def _endpoint(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "id": str(endpoint.id), "url": endpoint.url, "events": endpoint.events, "contract": endpoint.contract,
        "disabledAt": clock.iso(endpoint.disabled_at) if endpoint.disabled_at else None,
        "disabledReason": endpoint.disabled_reason,
    }  # fmt: skip


def _delivery(delivery: Delivery) -> dict[str, Any]:
    times = {"nextAttemptAt": delivery.next_attempt_at, "deliveredAt": delivery.delivered_at}
    return {
        "deliveryId": delivery.id, "event": delivery.event, "status": delivery.status,
        "attempts": delivery.attempts, "endpointId": str(delivery.endpoint_id),
        **{name: clock.iso(value) if value else None for name, value in times.items()},
    }  # fmt: skip
