"""Pairs of token sequences: from files, from requests, as padded tensors."""

import json
from dataclasses import dataclass
from pathlib import Path

from areas.algorithms.container import Container, UserError
from areas.algorithms.formats.table import data_files

SIDES = ("in0", "in1")
PADDING = 0  # of the embeddings; token t is row t + 1


@dataclass
class Pairs:
    """``sides``: two lists of int32 arrays; ``labels`` (pairs,) float32."""

    sides: tuple[list, list]
    labels: object

    def __len__(self) -> int:
        return len(self.labels)


def load(box: Container, channel: str, config: dict) -> Pairs:
    """All pairs of a channel; UserError naming file and line of what can't be read, or if there are none."""
    import numpy as np

    sides, labels = ([], []), []
    for path in data_files(box.channel(channel)):
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if not line.strip():
                    continue
                where = f"line {number} of file '{path.name}'"
                try:
                    record = json.loads(line)
                except ValueError:
                    raise UserError(f"Line {number} of file '{path.name}' is not JSON") from None
                if not isinstance(record, dict):
                    raise UserError(f"{where} is not an object with label, in0 and in1")
                for side, into in zip(SIDES, sides, strict=True):
                    into.append(tokens(record, side, config, where))
                labels.append(_label(record.get("label"), config, where))
    if not labels:
        raise UserError(f"No pairs in channel '{channel}'")
    return Pairs(sides, np.array(labels, np.float32))


def tokens(record: dict, side: str, config: dict, where: str, longest: int | None = None):
    """The tokens of one side, cut to the longest that is read; UserError if they aren't tokens of its vocabulary."""
    import numpy as np

    given = record.get(side)
    if not isinstance(given, list) or not given or any(type(token) is not int for token in given):
        raise UserError(f"{side} of {where} is not a list of whole numbers with at least one")
    encoder = config["encoders"][SIDES.index(side)]
    found = np.array(given[: longest or encoder["max_seq_len"]], np.int64)
    if found.min() < 0 or found.max() >= encoder["vocab_size"]:
        wrong = found[(found < 0) | (found >= encoder["vocab_size"])][0]
        name = f"enc{SIDES.index(side)}_vocab_size"
        raise UserError(f"{side} of {where} has the token {wrong}, but {name} is {encoder['vocab_size']}")
    return found.astype(np.int32)


def padded(sequences: list):
    """(sequences, longest) tokens + 1 as a tensor, zeros after the end of the shorter."""
    import numpy as np
    import torch

    found = np.full((len(sequences), max(map(len, sequences))), PADDING, np.int64)
    for row, sequence in zip(found, sequences, strict=True):
        row[: len(sequence)] = sequence + 1
    return torch.as_tensor(found)


def pretrained(box: Container, file: str, vocabulary: str, encoder: dict):
    """Embeddings (vocab_size + 1, token_embedding_dim) float32 of the words that the file has, NaN rows for the others.

    Args:
        file: lines of a word and its numbers, as GloVe's and fastText's; vocabulary: JSON, {word: token}.
    """
    import numpy as np

    folder = box.channel("auxiliary")
    words = _json(folder / vocabulary)
    if not isinstance(words, dict) or any(type(token) is not int for token in words.values()):
        raise UserError(f"{vocabulary} is not a JSON object of words and their tokens")
    found = np.full((encoder["vocab_size"] + 1, encoder["token_embedding_dim"]), np.nan, np.float32)
    if not (folder / file).is_file():
        raise UserError(f"The auxiliary channel has no file {file}")
    with (folder / file).open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            word, *numbers = line.rstrip().split(" ")
            token = words.get(word, -1)
            if not 0 <= token < encoder["vocab_size"]:
                continue
            if len(numbers) != found.shape[1]:
                raise UserError(
                    f"{file} has embeddings of {len(numbers)} numbers, but token_embedding_dim is {found.shape[1]}"
                )
            found[token + 1] = np.array(numbers, np.float32)
    return found


def _json(path: Path) -> object:
    try:
        return json.loads(path.read_text())
    except OSError:
        raise UserError(f"The auxiliary channel has no file {path.name}") from None
    except ValueError:
        raise UserError(f"{path.name} is not JSON") from None


def _label(value: object, config: dict, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UserError(f"The label of {where} is not a number")
    classes = config["num_classes"]
    if config["output_layer"] == "softmax" and (value != int(value) or not 0 <= value < classes):
        raise UserError(
            f"The label of {where} is {value}, but with num_classes {classes} it must be 0 to {classes - 1}"
        )
    return float(value)
