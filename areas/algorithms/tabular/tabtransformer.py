"""TabTransformer for tables. Source: the developer guide's "TabTransformer hyperparameters"; Huang, Khetan, Cvitkovic, Karnin,
"TabTransformer" (2020): attention over the embedded categories, then a perceptron over them and the numbers."""

from pathlib import Path

from areas.algorithms.container import Container
from areas.algorithms.frame.hyperparameters import Choice, Integer, Number
from areas.algorithms.neural import library
from areas.algorithms.neural.optimizers import Optimizer
from areas.algorithms.tabular.tables import Rows, Schema

HEADS = 8
SIZES = ("16", "32", "64", "128", "256", "512")
METRICS = {"regression": "r2", "binary": "f1", "multiclass": "accuracy"}  # what is printed of the validation rows
BLOCK = 4096  # rows that are predicted at once

PARAMETERS = (
    Integer("n_epochs", "The most passes over the data", 5, low=1),
    Integer("patience", "Epochs without gain on the validation data before stopping", 10, low=2, high=60),
    Number("learning_rate", "Step of the optimizer", 0.001, above=0, tunable=(0.001, 0.01)),
    Integer("batch_size", "Rows in a batch", 256, low=1, high=2048, tunable=(16, 512)),
    Choice("input_dim", "Size of a column's embedding", "32", choices=SIZES, tunable=SIZES),
    Integer("n_blocks", "Blocks of attention", 4, low=1, high=12, tunable=(1, 12)),
    Number("attn_dropout", "Dropout of the attention", 0.2, low=0, below=1, tunable=(0.0, 0.8)),
    Number("mlp_dropout", "Dropout of the perceptrons", 0.1, low=0, below=1, tunable=(0.0, 0.8)),
    Number("frac_shared_embed", "Share of an embedding that all values of a column have in common", 0.25, low=0, below=1,
           tunable=(0.0, 0.5)),
)  # fmt: skip


def kind_of(schema: Schema) -> str:
    return "regression" if not schema.classes else "binary" if len(schema.classes) == 2 else "multiclass"


def build(config: dict):
    """The network: (rows, columns) of codes and standardized numbers → (rows, outputs)."""
    import torch
    from torch import nn

    size, counts, numbers = config["size"], config["counts"], config["numbers"]

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            shared = int(size * config["shared"])
            # Row 0 of each is what is missing or unknown.
            self.values = nn.ModuleList(nn.Embedding(count + 1, size - shared) for count in counts)
            self.columns = nn.Parameter(torch.randn(len(counts), shared) * 0.1)
            # A table without categories has its numbers attended to.
            alone = numbers if not counts else 0
            self.slopes = nn.Parameter(torch.randn(alone, size) * 0.1)
            self.offsets = nn.Parameter(torch.randn(alone, size) * 0.1)
            self.blocks = nn.ModuleList(Block() for _ in range(config["blocks"]))
            width = (len(counts) or alone) * size + (numbers if counts else 0)
            layers = []
            for outputs in (min(4 * width, 256), min(2 * width, 128)):
                layers += [nn.Linear(width, outputs), nn.ReLU(), nn.Dropout(config["dropout"])]
                width = outputs
            self.perceptron = nn.Sequential(*layers, nn.Linear(width, config["outputs"]))

        def forward(self, codes, values):
            if counts:
                found = torch.stack([one(codes[:, at]) for at, one in enumerate(self.values)], 1)
                found = torch.cat([found, self.columns.expand(len(found), -1, -1)], 2)
            else:
                found = values.unsqueeze(2) * self.slopes + self.offsets
            for block in self.blocks:
                found = block(found)
            flat = found.flatten(1)
            return self.perceptron(torch.cat([flat, values], 1) if counts else flat)

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.attention = nn.MultiheadAttention(size, HEADS, dropout=config["attention"], batch_first=True)
            self.before, self.after = nn.LayerNorm(size), nn.LayerNorm(size)
            drop = nn.Dropout(config["dropout"])
            self.forth = nn.Sequential(nn.Linear(size, 4 * size), nn.GELU(), drop, nn.Linear(4 * size, size))

        def forward(self, found):
            given = self.before(found)
            found = found + self.attention(given, given, given, need_weights=False)[0]
            return found + self.forth(self.after(found))

    return Network()


def fit(given: dict, schema: Schema, train: Rows, validation: Rows, box: Container, stop) -> None:
    """Train with early stopping on the validation rows, a line of metrics an epoch; leaves ``model.pt`` and ``model.json``."""
    import numpy as np
    import torch

    library.prepare()
    kind = kind_of(schema)
    plain = [at for at in range(schema.columns) if at not in schema.categories]
    means = np.nan_to_num(np.nanmean(train.features[:, plain], axis=0)) if plain else np.zeros(0)
    spreads = np.nan_to_num(np.nanstd(train.features[:, plain], axis=0)) if plain else np.zeros(0)
    labels = train.labels.astype(np.float64)
    config = {
        "algorithm": "tabtransformer", "size": int(given["input_dim"]), "blocks": given["n_blocks"],
        "counts": [len(schema.categories[at]) for at in sorted(schema.categories)], "numbers": len(plain),
        "attention": given["attn_dropout"], "dropout": given["mlp_dropout"], "shared": given["frac_shared_embed"],
        "outputs": len(schema.classes) if kind == "multiclass" else 1,
        "means": means.tolist(), "spreads": np.where(spreads > 0, spreads, 1.0).tolist(),
        "label": [labels.mean(), labels.std() or 1.0] if kind == "regression" else [0.0, 1.0],
    }  # fmt: skip
    network = build(config)
    optimizer = Optimizer("adam", network.parameters(), given["learning_rate"])
    codes, values = inputs(train.features, schema, config)
    wanted = torch.as_tensor((labels - config["label"][0]) / config["label"][1], dtype=torch.float32)
    held = inputs(validation.features, schema, config)
    best, rng = library.Best(), np.random.default_rng(0)
    for epoch in range(given["n_epochs"]):
        network.train()
        total, done, order = 0.0, 0, rng.permutation(len(train))
        for start in range(0, len(order), given["batch_size"]):
            rows = torch.as_tensor(order[start : start + given["batch_size"]])
            loss = loss_of(network(codes[rows], values[rows]), wanted[rows], kind)
            optimizer.step(loss)
            total += loss.item() * len(rows)
            done += len(rows)
            if stop.asked:
                break
        outputs = forward(network, *held)
        truth = torch.as_tensor((validation.labels - config["label"][0]) / config["label"][1], dtype=torch.float32)
        missed = loss_of(outputs, truth, kind).item()
        name = METRICS[kind]
        score = measure(answers(outputs, kind, config), validation.labels, kind)
        print(
            f"epoch {epoch + 1} train: loss={total / done:.4f}, valid: loss={missed:.4f}, "
            f"metrics={{'{name}': {score:.4f}}}",
            flush=True,
        )
        best.offer(missed, epoch, network)
        if stop.asked or best.since >= given["patience"]:
            break
    best.restore(network)
    library.save(box.model, network, config)


def inputs(features, schema: Schema, config: dict):
    """(codes, values) of ``Rows.features``: categories from 1 on, numbers standardized, 0 for what is missing."""
    import numpy as np
    import torch

    plain = [at for at in range(schema.columns) if at not in schema.categories]
    codes = features[:, sorted(schema.categories)].astype(np.int64) + 1
    values = (features[:, plain] - np.array(config["means"])) / np.array(config["spreads"])
    return torch.as_tensor(codes), torch.as_tensor(np.nan_to_num(values).astype(np.float32))


def loss_of(outputs, wanted, kind: str):
    from torch.nn import functional

    if kind == "multiclass":
        return functional.cross_entropy(outputs, wanted.long())
    if kind == "binary":
        return functional.binary_cross_entropy_with_logits(outputs[:, 0], wanted)
    return functional.mse_loss(outputs[:, 0], wanted)


def forward(network, codes, values):
    """The outputs of all rows, without dropout."""
    import torch

    network.eval()
    with torch.no_grad():
        parts = [network(codes[at : at + BLOCK], values[at : at + BLOCK]) for at in range(0, len(codes), BLOCK)]
    return torch.cat(parts)


def answers(outputs, kind: str, config: dict):
    """(rows, classes) probabilities, or (rows,) values, as numpy."""
    import numpy as np
    import torch

    if kind == "multiclass":
        return torch.softmax(outputs, 1).cpu().numpy().astype(float)
    if kind == "binary":
        found = torch.sigmoid(outputs[:, 0]).cpu().numpy().astype(float)
        return np.column_stack([1 - found, found])
    return outputs[:, 0].cpu().numpy().astype(float) * config["label"][1] + config["label"][0]


def measure(found, labels, kind: str) -> float:
    """R², F1 of the second class, or the share that is right."""
    import numpy as np

    if kind == "regression":
        spread = ((labels - labels.mean()) ** 2).sum()
        return float(1 - ((labels - found) ** 2).sum() / spread) if spread else 0.0
    chosen = found.argmax(1)
    if kind == "multiclass":
        return float((chosen == labels).mean())
    right = np.sum((chosen == 1) & (labels == 1))
    return float(2 * right / max(1, np.sum(chosen == 1) + np.sum(labels == 1)))


def load(folder: Path, schema: Schema):
    library.prepare(training=False)
    config = library.read_config(folder, "tabtransformer")
    network = build(config)
    library.load_weights(folder, network)
    return network, config


def predict(model, features, schema: Schema):
    """(rows, classes) probabilities, or (rows,) values."""
    network, config = model
    return answers(forward(network, *inputs(features, schema, config)), kind_of(schema), config)
