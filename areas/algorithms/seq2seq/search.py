"""Writing a target for a source: the beam search, and how much targets are like those wanted (BLEU)."""

import math
from collections import Counter

from areas.algorithms.seq2seq.data import BEGIN, END, PAD


def translate(network, source, config: dict, beam: int | None = None) -> tuple[list[int], list[list[float]]]:
    """The best target of one source and, for each of its tokens, how much of each source token the decoder looked at.

    Args:
        source: (points,) tokens. Targets are compared by the mean log-probability of their tokens.
    """
    import torch

    beam = beam or config["beam_size"]
    finished: list[tuple[float, list[int], list]] = []
    with torch.no_grad():
        states, seen, before = network.encode(torch.as_tensor(source)[None])
        alive = [(0.0, [BEGIN], [])]
        for _ in range(config["max_seq_len_target"] + 1):
            tokens = torch.tensor([written[-1:] for _, written, _ in alive])
            count = len(alive)
            logits, weights, after = network.decode(
                tokens, states.expand(count, -1, -1), seen.expand(count, -1), _spread(before, count)
            )
            chances = torch.log_softmax(logits[:, 0], 1)
            chances[:, [PAD, BEGIN]] = -math.inf
            scores = chances + torch.tensor([[score] for score, _, _ in alive])
            best, places = scores.flatten().topk(min(beam, scores.numel()))
            found, rows = [], []
            for score, place in zip(best.tolist(), places.tolist(), strict=True):
                row, token = divmod(place, scores.shape[1])
                _, written, looked = alive[row]
                if token == END:
                    finished.append((score / len(written), written[1:], looked))
                elif score > -math.inf:
                    found.append((score, [*written, token], [*looked, weights[row, 0].tolist()]))
                    rows.append(row)
            if not found or len(finished) >= beam:
                break
            alive, before = found, _chosen(after, rows)
    if not finished:
        finished = [(score / max(1, len(written) - 1), written[1:], looked) for score, written, looked in alive]
    _, written, looked = max(finished, key=lambda one: one[0])
    return written[: config["max_seq_len_target"]], looked[: config["max_seq_len_target"]]


def bleu(written: list[list[int]], wanted: list[list[int]]) -> float:
    """BLEU-4 of a corpus, between 0 and 1; a precision of nothing counts as half a match."""
    hits, totals, lengths = [0] * 4, [0] * 4, [0, 0]
    for one, other in zip(written, wanted, strict=True):
        lengths[0] += len(one)
        lengths[1] += len(other)
        for size in range(1, 5):
            found, right = _grams(one, size), _grams(other, size)
            hits[size - 1] += sum((found & right).values())
            totals[size - 1] += sum(found.values())
    if not lengths[0] or not hits[0]:
        return 0.0
    logs = [math.log((hit or 0.5) / total) for hit, total in zip(hits, totals, strict=True) if total]
    brevity = min(0.0, 1 - lengths[1] / lengths[0])
    return math.exp(brevity + sum(logs) / len(logs))


def _grams(tokens: list[int], size: int) -> Counter:
    return Counter(tuple(tokens[at : at + size]) for at in range(len(tokens) - size + 1))


def _spread(states: list, count: int) -> list:
    """The states for ``count`` candidates, where there is one."""

    def widen(state):
        return state if state.shape[1] == count else state.expand(-1, count, -1).contiguous()

    return [tuple(map(widen, state)) if isinstance(state, tuple) else widen(state) for state in states]


def _chosen(states: list, rows: list[int]) -> list:
    return [
        tuple(part[:, rows].contiguous() for part in state) if isinstance(state, tuple) else state[:, rows].contiguous()
        for state in states
    ]
