"""What the address of a lineage page asks for; every member can be left out."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from areas.lineage.graph import MAX_DEPTH

VIEWS = ("graph", "list")


class NotATime(ValueError):
    """``at`` can't be read; the text says what would be right."""


@dataclass(frozen=True)
class Asked:
    of: str = ""  # ARN, S3 URI, image, or the end of an ARN
    up: int = 1
    down: int = 1
    at: str = ""
    types: tuple[str, ...] = ()
    view: str = ""  # "": the picture, on phones the list
    unfolded: tuple[str, ...] = ()
    select: int = 0  # id of the node in the drawer
    page: int = 1

    @classmethod
    def read(cls, query) -> "Asked":
        """From ``request.GET``. What can't be is as if it weren't there, but for ``at``, which ``moment`` checks."""
        view = query.get("view", "")
        return cls(
            query.get("of", "").strip(), _number(query.get("up"), 1, MAX_DEPTH), _number(query.get("down"), 1, MAX_DEPTH),
            query.get("at", "").strip(), tuple(sorted(set(query.getlist("type")))), view if view in VIEWS else "",
            tuple(sorted(set(query.getlist("unfold")))), _number(query.get("select"), 0, 2**62),
            max(1, _number(query.get("page"), 1, 10**6)),
        )  # fmt: skip

    def address(self, **changes) -> str:
        """The query of the same page with some members changed: ``?of=…&up=2``."""
        new = replace(self, **changes)
        pairs = [("of", new.of)] if new.of else []
        for name, usual in (("up", 1), ("down", 1), ("at", ""), ("view", ""), ("select", 0), ("page", 1)):
            if (value := getattr(new, name)) != usual:
                pairs.append((name, value))
        pairs += [("type", one) for one in new.types] + [("unfold", one) for one in new.unfolded]
        return "?" + urlencode(pairs)

    @property
    def moment(self) -> datetime | None:
        """``at`` as a time: a day means its end. Raises NotATime."""
        return read_time(self.at)


def read_time(text: str) -> datetime | None:
    """``2026-11-22`` (its end) or ``2026-11-22T10:15:00Z``; without a zone UTC is meant. None for ""."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
        if len(text) == 10:
            found += timedelta(days=1) - timedelta(microseconds=1)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise NotATime(f"{text[:40]!r} is no time; write 2026-11-22 or 2026-11-22T10:15:00Z.") from None


def _number(text: str | None, default: int, most: int) -> int:
    return min(int(text), most) if text and text.isascii() and text.isdigit() and len(text) < 19 else default
