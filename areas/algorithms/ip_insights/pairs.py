"""Rows of entity and IPv4 address: the entity as a 63 bit hash of its text, the address as its number."""

import hashlib
import ipaddress
from pathlib import Path

from areas.algorithms.container import UserError
from areas.algorithms.formats.table import Table


def read(content: Path | bytes, name: str) -> Table:
    """CSV without header, ``entity,address``, as a Table of int64 (rows, 2). UserError naming the line that isn't so."""
    import csv
    import gzip
    import io

    data = content if isinstance(content, bytes) else content.read_bytes()
    try:
        text = (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode("utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise UserError(f"{name[0].upper()}{name[1:]} is not CSV in UTF-8: {error}") from None
    try:
        rows = list(csv.reader(io.StringIO(text, newline="")))
    except csv.Error as error:
        raise UserError(f"{name[0].upper()}{name[1:]} is not CSV: {error}") from None
    return Table(numbered([row for row in rows if row], name))


def numbered(rows: list, name: str = "the request"):
    """int64 (rows, 2) of lists of two texts each."""
    import numpy as np

    found, entities, addresses = np.empty((len(rows), 2), np.int64), {}, {}
    for number, row in enumerate(rows):
        if len(row) != 2:
            raise UserError(
                f"Row {number + 1} of {name} has {len(row)} columns, but must be an entity and an IPv4 address"
            )
        entity, address = row
        if entity not in entities:
            entities[entity] = hashed(str(entity))
        if address not in addresses:
            addresses[address] = _address(address, number + 1, name)
        found[number] = entities[entity], addresses[address]
    return found


def hashed(entity: str) -> int:
    return int.from_bytes(hashlib.blake2b(entity.encode(), digest_size=8).digest(), "big") >> 1


def _address(text, row: int, name: str) -> int:
    try:
        return int(ipaddress.IPv4Address(str(text).strip()))
    except ValueError:
        raise UserError(f"Row {row} of {name} has {str(text)[:50]!r}, which is not an IPv4 address") from None
