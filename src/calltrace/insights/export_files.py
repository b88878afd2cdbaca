"""Tables as CSV (RFC 4180), JSON, XLSX and Parquet, written row by row."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from calltrace.insights.export_rows import Row, Type
from calltrace.kit.spreadsheet import lines, safe

Format = Literal["csv", "json", "xlsx", "parquet"]
MEDIA_TYPES: Mapping[str, str] = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
}
MOST_ROWS: Mapping[str, int] = {"xlsx": 1_048_575}
"""What a sheet holds beside its heading."""
_AT_ONCE = 10_000
Columns = Mapping[str, Type]


def write(form: Format, path: Path, columns: Columns, rows: Iterable[Row]) -> None:
    """Write all rows to a new file; only a few of them are held at a time."""
    _WRITERS[form](path, columns, rows)


def _csv(path: Path, columns: Columns, rows: Iterable[Row]) -> None:
    with path.open("wb") as file:
        file.write(lines([list(columns)]))
        left = iter(rows)
        while some := list(islice(left, _AT_ONCE)):
            file.write(lines([_cell(row[name]) for name in columns] for row in some))


def _cell(value: Any) -> object:
    value = _plain(value)
    return safe(value) if isinstance(value, str) else value


def _plain(value: Any) -> Any:
    """What has parts of its own stands in one cell as JSON."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


def _json(path: Path, columns: Columns, rows: Iterable[Row]) -> None:
    with path.open("w", encoding="utf-8") as file:
        before = "["
        for row in rows:
            file.write(before + "\n" + json.dumps({name: row[name] for name in columns}, ensure_ascii=False))
            before = ","
        file.write("[]\n" if before == "[" else "\n]\n")


def _xlsx(path: Path, columns: Columns, rows: Iterable[Row]) -> None:
    """Texts are written as texts: nothing in them is a formula, a link or a number."""
    import xlsxwriter

    workbook: Any = xlsxwriter.Workbook(
        path,
        {"constant_memory": True, "tmpdir": str(path.parent), "default_date_format": "yyyy-mm-dd hh:mm:ss"},
    )
    sheet, bold = workbook.add_worksheet(), workbook.add_format({"bold": True})
    for at, name in enumerate(columns):
        sheet.write_string(0, at, name, bold)
    sheet.freeze_panes(1, 0)
    for line, row in enumerate(rows, 1):
        for at, (name, kind) in enumerate(columns.items()):
            _put(sheet, line, at, row[name], kind)
    workbook.close()


def _put(sheet: Any, line: int, at: int, value: Any, kind: Type) -> None:
    if value is None:
        return
    if kind == "moment":
        sheet.write_datetime(line, at, datetime.fromisoformat(value).replace(tzinfo=None))
    elif kind == "bool":
        sheet.write_boolean(line, at, value)
    elif kind in {"number", "count"}:
        sheet.write_number(line, at, value)
    else:
        sheet.write_string(line, at, str(_plain(value)))


def _parquet(path: Path, columns: Columns, rows: Iterable[Row]) -> None:
    from arro3.core import DataType, Field, RecordBatch, RecordBatchReader, Schema
    from arro3.io import write_parquet

    types: Mapping[Type, Any] = {
        "text": DataType.utf8(), "number": DataType.float64(), "count": DataType.int64(),
        "bool": DataType.bool(), "moment": DataType.timestamp("ms", tz="UTC"), "day": DataType.utf8(),
        "json": DataType.utf8(),
    }  # fmt: skip
    batch: Any = RecordBatch  # half typed
    schema = Schema([Field(name, types[kind]) for name, kind in columns.items()])

    def batches() -> Iterator[Any]:
        left = iter(rows)
        while some := list(islice(left, _AT_ONCE)):
            arrays = [
                _array([row[name] for row in some], kind, types[kind]) for name, kind in columns.items()
            ]
            yield batch.from_arrays(arrays, schema=schema)

    write_parquet(RecordBatchReader.from_batches(schema, batches()), path, compression="zstd(3)")


def _array(values: list[Any], kind: Type, stored: Any) -> Any:
    """A column of Arrow; moments are made of numbers."""
    from arro3.core import Array, DataType

    if kind == "moment":
        moments = [
            None if one is None else round(datetime.fromisoformat(one).timestamp() * 1000) for one in values
        ]
        return Array(moments, DataType.int64()).cast(stored)
    if kind == "number":
        values = [None if one is None else float(one) for one in values]
    return Array(values, stored)


_WRITERS: Mapping[Format, Callable[[Path, Columns, Iterable[Row]], None]] = {
    "csv": _csv, "json": _json, "xlsx": _xlsx, "parquet": _parquet,
}  # fmt: skip
