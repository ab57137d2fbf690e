"""Boxes (left, top, right, bottom) in shares of the picture: the ones that a network begins from, matching, choosing, scoring.

Source: Liu et al., "SSD: Single Shot MultiBox Detector" (2016).
"""

RATIOS = (1.0, 2.0, 0.5)
SPREADS = (0.1, 0.1, 0.2, 0.2)  # how far centers and sizes are moved by an output of 1


def anchors(sides: list[int]):
    """(boxes, 4) of maps with these sides: at each place one of each ratio, and one larger square."""
    import torch

    found, levels = [], len(sides)
    sizes = [0.1 + 0.8 * level / max(1, levels - 1) for level in range(levels)] + [1.05]
    for level, side in enumerate(sides):
        centers = (torch.arange(side) + 0.5) / side
        y, x = torch.meshgrid(centers, centers, indexing="ij")
        shapes = [(sizes[level] * ratio**0.5, sizes[level] / ratio**0.5) for ratio in RATIOS]
        shapes.append(((sizes[level] * sizes[level + 1]) ** 0.5,) * 2)
        for width, height in shapes:
            found.append(torch.stack([x - width / 2, y - height / 2, x + width / 2, y + height / 2], 2).reshape(-1, 4))
    # The heads answer for each place all shapes, level by level.
    shapes = len(RATIOS) + 1
    return torch.cat([torch.stack(found[at : at + shapes], 1).reshape(-1, 4) for at in range(0, len(found), shapes)])


def overlaps(some, others):
    """(some, others): the area that both share, by the area that either covers."""
    import torch

    low = torch.maximum(some[:, None, :2], others[None, :, :2])
    high = torch.minimum(some[:, None, 2:], others[None, :, 2:])
    shared = (high - low).clamp(min=0).prod(2)
    areas = [(boxes[:, 2:] - boxes[:, :2]).clamp(min=0).prod(1) for boxes in (some, others)]
    return shared / (areas[0][:, None] + areas[1][None] - shared).clamp(min=1e-9)


def match(begin, objects):
    """(classes (boxes,) counting from 1 with 0 for none, moves (boxes, 4)) that the network shall answer.

    Each object has the box that it overlaps most, and every box that it overlaps by half.
    """
    import torch

    classes = torch.zeros(len(begin), dtype=torch.long)
    if not len(objects):
        return classes, torch.zeros(len(begin), 4)
    shared = overlaps(begin, objects[:, 1:])
    best, which = shared.max(1)
    own = shared.argmax(0)
    which[own] = torch.arange(len(objects))
    best[own] = 1.0
    taken = best >= 0.5
    classes[taken] = objects[which[taken], 0].long() + 1
    return classes, moves(begin, objects[which, 1:])


def _centered(boxes):
    import torch

    return torch.cat([(boxes[..., :2] + boxes[..., 2:]) / 2, (boxes[..., 2:] - boxes[..., :2]).clamp(min=1e-4)], -1)


def moves(begin, boxes):
    """What takes the first boxes to the others."""
    import torch

    one, other = _centered(begin), _centered(boxes)
    spread = torch.tensor(SPREADS)
    return (
        torch.cat([(other[..., :2] - one[..., :2]) / one[..., 2:], (other[..., 2:] / one[..., 2:]).log()], -1) / spread
    )


def moved(begin, found):
    """The boxes that moves lead to."""
    import torch

    one, found = _centered(begin), found * torch.tensor(SPREADS)
    center = one[..., :2] + found[..., :2] * one[..., 2:]
    half = one[..., 2:] * found[..., 2:].clamp(max=4).exp() / 2
    return torch.cat([center - half, center + half], -1).clamp(0, 1)


def choose(chances, boxes, threshold: float, *, least: float = 0.01, most: int = 200):
    """[[class, chance, left, top, right, bottom]] of one picture, the surest first; of boxes of one class that overlap by more
    than ``threshold`` only the surest.

    Args:
        chances: (boxes, 1 + classes), the first for nothing.
    """
    import torch

    found = []
    for number in range(1, chances.shape[1]):
        rows = (chances[:, number] > least).nonzero()[:, 0]
        rows = rows[chances[rows, number].argsort(descending=True)][: 2 * most]
        shared = overlaps(boxes[rows], boxes[rows]) > threshold
        kept = torch.ones(len(rows), dtype=torch.bool, device=rows.device)
        for at in range(len(rows)):
            if kept[at]:
                kept[at + 1 :] &= ~shared[at, at + 1 :]
        found += [[float(number - 1), chances[row, number].item(), *boxes[row].tolist()] for row in rows[kept].tolist()]
    return sorted(found, key=lambda row: -row[1])[:most]


def mean_average_precision(found: list[list], wanted: list, classes: int, overlap: float) -> float:
    """Over the classes that there are: the mean precision as the surest boxes of all pictures are taken one by one.

    Args:
        found: ``choose`` of each picture; wanted: (n, 5) objects of each.
    """
    import numpy as np
    import torch

    scores = []
    for number in range(classes):
        there = [torch.as_tensor(one[one[:, 0] == number][:, 1:]) for one in wanted]
        total = sum(map(len, there))
        if not total:
            continue
        used = [set() for _ in wanted]
        rows = sorted(
            ((row[1], at, row[2:]) for at, one in enumerate(found) for row in one if row[0] == number),
            key=lambda row: -row[0],
        )
        hits = np.zeros(len(rows))
        for place, (_, at, box) in enumerate(rows):
            if not len(there[at]):
                continue
            shared = overlaps(torch.tensor([box]), there[at])[0]
            best = int(shared.argmax())
            if shared[best] >= overlap and best not in used[at]:
                used[at].add(best)
                hits[place] = 1
        right = hits.cumsum()
        precision = np.maximum.accumulate((right / np.arange(1, len(rows) + 1))[::-1])[::-1]
        scores.append(float((precision * hits).sum() / total))
    return float(np.mean(scores)) if scores else 0.0
