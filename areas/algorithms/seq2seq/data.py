"""Pairs of token sequences from RecordIO-protobuf, their vocabularies, and batches of about the same length.

Source: the preprocessing of SageMaker's example (create_vocab_proto.py): features ``source`` and ``target`` of int32 tokens,
without marks of beginning and end; vocabularies are JSON, {token: number}, that begin with the four marks below.
"""

import json
from pathlib import Path

from areas.algorithms.container import Container, UserError
from areas.algorithms.formats import recordio
from areas.algorithms.formats.table import data_files

PAD, UNKNOWN, BEGIN, END = 0, 1, 2, 3
MARKS = ("<pad>", "<unk>", "<s>", "</s>")
VOCABULARIES = ("vocab.src.json", "vocab.trg.json")


def load(box: Container, channel: str, sizes: tuple[int, int], longest: tuple[int, int]) -> list[tuple]:
    """(source, target) int64 arrays of a channel, cut to the longest; UserError if there are none, or for a strange token."""
    pairs = []
    for path in data_files(box.channel(channel)):
        for number, record in enumerate(recordio.read_named(path.read_bytes(), f"file '{path.name}'"), 1):
            pair = []
            for name, size, most in zip(("source", "target"), sizes, longest, strict=True):
                where = f"'{name}' of record {number} of file '{path.name}'"
                if name not in record or not len(record[name]):
                    raise UserError(f"There is no {where}")
                pair.append(checked(record[name][:most], size, where))
            pairs.append(tuple(pair))
    if not pairs:
        raise UserError(f"No pairs in channel '{channel}'")
    return pairs


def checked(tokens, size: int, where: str):
    """Tokens as int64; UserError if one isn't of the vocabulary."""
    import numpy as np

    tokens = np.asarray(tokens)
    if tokens.dtype.kind not in "iu" or tokens.min() < 0 or tokens.max() >= size:
        raise UserError(f"{where} has a token that isn't one of the vocabulary's {size}")
    return tokens.astype(np.int64)


def read_vocabularies(folder: Path) -> tuple[dict[str, int], dict[str, int]]:
    """The two vocabularies of a folder; UserError if one isn't there or isn't {token: number} with the four marks."""
    found = []
    for name in VOCABULARIES:
        path = folder / name
        try:
            words = json.loads(path.read_text("utf-8"))
        except OSError:
            raise UserError(f"The channel 'vocab' has no file {name}") from None
        except ValueError:
            raise UserError(f"{name} is not JSON") from None
        if not isinstance(words, dict) or sorted(words.values()) != list(range(len(words))):
            raise UserError(f"{name} must be an object of tokens and their numbers from 0 on")
        if any(words.get(mark) != number for number, mark in enumerate(MARKS)):
            raise UserError(f"{name} must begin with {', '.join(MARKS)} as 0 to 3")
        found.append(words)
    return found[0], found[1]


def batches(pairs: list[tuple], size: int, width: int, rng):
    """Lists of pairs in random order; those of about the same length come together (``width`` 0: all lengths)."""
    order = rng.permutation(len(pairs))
    if width:
        order = sorted(order, key=lambda row: -(-max(map(len, pairs[row])) // width))
    found = [[pairs[row] for row in order[start : start + size]] for start in range(0, len(order), size)]
    rng.shuffle(found)
    return found


def padded(sequences: list):
    """(sequences, longest) int64 tensor, PAD after the end of the shorter."""
    import numpy as np
    import torch

    found = np.full((len(sequences), max(map(len, sequences))), PAD, np.int64)
    for row, sequence in zip(found, sequences, strict=True):
        row[: len(sequence)] = sequence
    return torch.as_tensor(found)


def inputs_and_outputs(targets: list):
    """What the decoder is given (<s> a b) and shall answer (a b </s>)."""
    import numpy as np

    return padded([np.r_[BEGIN, one] for one in targets]), padded([np.r_[one, END] for one in targets])
