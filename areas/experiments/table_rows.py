"""A row of the table of runs as HTML."""

from dataclasses import dataclass, field
from html import escape

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from areas import icons
from areas.experiments.chosen import has_ended, label_of, status_of
from areas.experiments.table_summary import Summary
from areas.permissions import of_arn
from catalog.models import Record


@dataclass
class Row:
    """A run as the table shows it. ``depth`` is 1 below a parent or a group; ``children`` counts the runs that name it as their
    parent."""

    record: Record
    cells: list[SafeString]
    colour: int
    depth: int = 0
    children: int = 0
    toggle: str = ""  # address that opens or closes its summary
    open_url: str = ""  # and its children
    is_open: bool = False
    summary: Summary | None = None
    is_baseline: bool = False
    classes: list[str] = field(default_factory=list)

    @property
    def label(self) -> str:
        return label_of(self.record)

    @property
    def html(self) -> SafeString:
        """All of it in one piece: including a template for each of 500 rows takes longer than the rest of the page."""
        name, label = escape(self.record.name), escape(self.label)
        url = escape(reverse("trial_component", args=[self.record.name]))
        noun = of_arn((self.record.document.get("Source") or {}).get("SourceArn", ""))[0]
        kinds = " is-inner" * bool(self.depth) + " is-baseline" * self.is_baseline
        is_shown = self.summary is not None
        cells = "".join(
            f'<td role="cell" class="{kind}">{cell}</td>' for kind, cell in zip(self.classes, self.cells, strict=True)
        )
        return mark_safe(  # noqa: S308 - everything of others is escaped above, the cells where they are made
            f'<tr role="row" class="run{kinds}" data-run="{name}" data-id="{self.record.id}" data-label="{label}" '
            f'data-word="{escape(status_of(self.record))}" data-ended="{"1" if has_ended(self.record) else ""}" data-job="{noun}">'
            f'<td class="pin check" role="cell"><input type="checkbox" name="run" value="{name}" aria-label="Select {label}">'
            f'<a class="copy chev" href="{escape(self.toggle)}" aria-label="Summary of {label}" data-summary '
            f'aria-expanded="{"true" if is_shown else "false"}">{_CHEVRON}</a></td>'
            f'<td class="pin pin-name" role="rowheader"><i class="dot c{self.colour}"></i>'
            f'<a class="run-name truncate" href="{url}" title="{label}" hx-boost="false">{label}</a>'
            f"{self._chip}{self._kids(label)}</td>{cells}</tr>"
        )

    @property
    def _chip(self) -> str:
        return '<span class="chip chip--plain">baseline</span>' if self.is_baseline else ""

    def _kids(self, label: str) -> str:
        if not self.children:
            return ""
        words = f"{self.children:,} run{'' if self.children == 1 else 's'} inside {label}"
        return (
            f'<a class="kids" href="{escape(self.open_url)}" aria-expanded="{"true" if self.is_open else "false"}" '
            f'aria-label="{words}">{_CHEVRON}{self.children:,}</a>'
        )


_CHEVRON = icons.draw("chevron-right")
