"""A card's charts as templates/areas/chart.html draws them."""

from areas.drawing import draw
from areas.model_cards.reading import Section


def drawn(sections: list[Section]) -> list[Section]:
    """The sections with each Chart block replaced by what the template draws."""
    return [
        Section(one.key, one.title, [draw(block) if block.kind == "chart" else block for block in one.blocks])
        for one in sections
    ]
