"""The five operations of a catalogue resource, written once: list, create, read, change, delete."""

import uuid
from typing import Annotated, Any, Generic, Protocol, TypeVar

from fastapi import APIRouter, Depends, Path, Query, Request, Response, Security
from fastapi.responses import JSONResponse
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.audit import Actor
from calltrace.accounts.keys import Principal
from calltrace.api.body import read_json
from calltrace.api.deps import ActorDep, PlatformDep, live, only_known, path_id, scoped
from calltrace.api.openapi import json_body, problems
from calltrace.api.parameters import Limit, Position, as_json
from calltrace.api.schemas import Wire
from calltrace.db.listing import NameFilter, Slice
from calltrace.kit.cursor import Cursor
from calltrace.kit.storable import Storable

T = TypeVar("T", bound=Wire)
Json = dict[str, Any]
ONE = "/{id}"
RowId = Annotated[str, Path(alias="id")]
LIST_PARAMETERS = frozenset({"name", "externalId", "limit", "cursor"})


class Page(Wire, Generic[T]):
    """One page; ``nextCursor`` is null on the last one."""

    data: list[T]
    next_cursor: str | None


class Resource(Protocol):
    """What the operations need to know of a resource; bodies are models, answers are JSON values.

    Attributes:
        singular, plural: its name in texts and paths.
        wanted: the body of POST. changes: the body of PATCH; only fields that were sent count.
        listed: an item of a list. shown: the whole thing.
    """

    singular: str
    plural: str
    wanted: type[Wire]
    changes: type[Wire]
    listed: type[Wire]
    shown: type[Wire]

    async def page(
        self, session: AsyncSession, names: NameFilter, part: Slice
    ) -> tuple[list[Json], str | None]:
        """One page of items, newest first, and the cursor of the next."""
        ...

    async def create(self, session: AsyncSession, org_id: uuid.UUID, actor: Actor, wanted: Json) -> Json:
        """Make one, from the fields that were sent."""
        ...

    async def find(self, session: AsyncSession, row_id: uuid.UUID) -> Json:
        """Read one."""
        ...

    async def change(self, session: AsyncSession, actor: Actor, row_id: uuid.UUID, changes: Json) -> Json:
        """Change the fields that were sent."""
        ...

    async def delete(self, session: AsyncSession, actor: Actor, row_id: uuid.UUID) -> None:
        """Delete one."""
        ...


async def name_filter(
    name: Annotated[Storable | None, Query(max_length=200, description="Exactly this name.")] = None,
    external_id: Annotated[Storable | None, Query(alias="externalId", max_length=255)] = None,
) -> NameFilter:
    """The filters of a list."""
    return NameFilter(name, external_id)


def router_of(resource: Resource, family: str = "catalog") -> APIRouter:
    """The routes of one resource, opened by one family of scopes."""
    router = APIRouter(prefix=f"/{resource.plural}", tags=[resource.plural.replace("-", " ").capitalize()])
    read, write = f"{family}:read", f"{family}:write"
    _reading(router, resource, Security(scoped(read), scopes=[read]))
    _writing(router, resource, Security(live(write), scopes=[write]))
    return router


def _reading(router: APIRouter, resource: Resource, reader: Any) -> None:
    @router.get(
        "",
        response_model=Page[resource.listed],
        responses=problems(400, 401, 403, 500, 503),
        name=f"list_{resource.plural}",
    )
    async def list_all(
        request: Request,
        platform: PlatformDep,
        principal: Annotated[Principal, reader],
        names: Annotated[NameFilter, Depends(name_filter)],
        limit: Limit = 50,
        cursor: Position = None,
    ) -> Response:
        """All of the organisation, newest first."""
        only_known(request, LIST_PARAMETERS)
        part = Slice(Cursor.decode(cursor) if cursor else None, limit)
        async with platform.database.tenant(principal.org_id) as session:
            found, following = await resource.page(session, names, part)
        return await as_json(lambda: {"data": found, "nextCursor": following})

    @router.get(
        ONE,
        response_model=resource.shown,
        responses=problems(401, 403, 404, 500, 503),
        name=f"get_{resource.singular}",
    )
    async def get_one(
        row_id: RowId, platform: PlatformDep, principal: Annotated[Principal, reader]
    ) -> Response:
        """One of them, by id."""
        async with platform.database.tenant(principal.org_id) as session:
            return JSONResponse(await resource.find(session, path_id(row_id)))

    del list_all, get_one  # the router has them


def _writing(router: APIRouter, resource: Resource, writer: Any) -> None:
    @router.post(
        "",
        status_code=201,
        response_model=resource.shown,
        responses=problems(400, 401, 403, 409, 413, 500, 503),
        openapi_extra=json_body(resource.wanted),
        name=f"create_{resource.singular}",
    )
    async def create(
        request: Request, platform: PlatformDep, principal: Annotated[Principal, writer], actor: ActorDep
    ) -> Response:
        """Make one."""
        wanted = _sent(await read_json(request, resource.wanted))
        async with platform.database.tenant(principal.org_id) as session:
            made = await resource.create(session, principal.org_id, actor, wanted)
        return JSONResponse(made, 201, headers={"Location": f"{request.url.path}/{made['id']}"})

    @router.patch(
        ONE,
        response_model=resource.shown,
        responses=problems(400, 401, 403, 404, 409, 413, 500, 503),
        openapi_extra=json_body(resource.changes),
        name=f"change_{resource.singular}",
    )
    async def change(
        row_id: RowId,
        request: Request,
        platform: PlatformDep,
        principal: Annotated[Principal, writer],
        actor: ActorDep,
    ) -> Response:
        """Change the fields that are sent; null clears one that may be empty."""
        changes = _sent(await read_json(request, resource.changes))
        async with platform.database.tenant(principal.org_id) as session:
            return JSONResponse(await resource.change(session, actor, path_id(row_id), changes))

    @router.delete(
        ONE,
        status_code=204,
        responses=problems(401, 403, 404, 409, 500, 503),
        name=f"delete_{resource.singular}",
    )
    async def delete(
        row_id: RowId, platform: PlatformDep, principal: Annotated[Principal, writer], actor: ActorDep
    ) -> None:
        """Delete one; what happened with it stays."""
        async with platform.database.tenant(principal.org_id) as session:
            await resource.delete(session, actor, path_id(row_id))

    del create, change, delete  # the router has them


def _sent(body: Wire) -> Json:
    """The fields that were sent, by their names in Python, each as its own model or value."""
    return {name: getattr(body, name) for name in body.model_fields_set}
