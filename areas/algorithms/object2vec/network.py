"""Object2Vec's network: an encoder for each side, a comparison of the two encodings, a perceptron.

Source: the developer guide's "How Object2Vec Works". hcnn: filters over tokens, over what they found, and so on; each
layer's strongest answers together are the encoding (Conneau et al. 2017). bilstm: the strongest of its states.
"""

from itertools import pairwise

LAYERS = {"hcnn": 4, "bilstm": 1, "pooled_embedding": 1}  # where the job says auto


def build(config: dict):
    """The network for a model's configuration."""
    import torch
    from torch import nn

    class Encoder(nn.Module):
        def __init__(self, one: dict, size: int):
            super().__init__()
            self.kind, self.size, width = one["network"], size, one["token_embedding_dim"]
            self.embedding = nn.Embedding(one["vocab_size"] + 1, width, padding_idx=0)
            nn.init.normal_(self.embedding.weight[1:].data, std=width**-0.5)  # padding stays zero
            if self.kind == "hcnn":
                channels = -(-size // one["layers"])
                sizes = [width] + [channels] * one["layers"]
                self.layers = nn.ModuleList(
                    nn.Conv1d(before, after, one["cnn_filter_width"], padding="same")
                    for before, after in pairwise(sizes)
                )
            elif self.kind == "bilstm":
                self.layers = nn.LSTM(width, -(-size // 2), one["layers"], batch_first=True, bidirectional=True)
            else:
                self.layers = nn.Linear(width, size)

        def forward(self, tokens):
            seen = (tokens > 0).unsqueeze(2)
            found = self.embedding(tokens)
            if self.kind == "pooled_embedding":
                return torch.relu(self.layers(found.sum(1) / seen.sum(1).clamp(min=1)))
            if self.kind == "bilstm":
                lengths = seen.sum((1, 2)).cpu()
                packed = nn.utils.rnn.pack_padded_sequence(found, lengths, batch_first=True, enforce_sorted=False)
                found, _ = nn.utils.rnn.pad_packed_sequence(self.layers(packed)[0], batch_first=True)
                return torch.relu(found.masked_fill(~seen[:, : found.shape[1]], -1e4).amax(1)[:, : self.size])
            found, seen, strongest = found.transpose(1, 2), seen.transpose(1, 2), []
            for layer in self.layers:
                found = torch.relu(layer(found)) * seen
                strongest.append(found.amax(2))
            return torch.cat(strongest, 1)[:, : self.size]

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            size = config["enc_dim"]
            self.encoders = nn.ModuleList(Encoder(one, size) for one in config["encoders"])
            if config["tied"]:
                self.encoders[1].embedding = self.encoders[0].embedding
            width = sum({"hadamard": 1, "concat": 2, "abs_diff": 1}[name] * size for name in config["comparators"])
            layers = []
            for _ in range(config["mlp_layers"]):
                layers += [nn.Linear(width, config["mlp_dim"])]
                layers += [{"tanh": nn.Tanh, "relu": nn.ReLU, "linear": nn.Identity}[config["mlp_activation"]]()]
                layers += [nn.Dropout(config["dropout"])]
                width = config["mlp_dim"]
            outputs = config["num_classes"] if config["output_layer"] == "softmax" else 1
            self.mlp = nn.Sequential(*layers, nn.Linear(width, outputs))
            self.dropout = nn.Dropout(config["dropout"])

        def forward(self, left, right):
            """(pairs, outputs): a score for each class before the softmax, or the value."""
            a, b = self.dropout(self.encoders[0](left)), self.dropout(self.encoders[1](right))
            parts = {"hadamard": [a * b], "concat": [a, b], "abs_diff": [(a - b).abs()]}
            return self.mlp(torch.cat([part for name in config["comparators"] for part in parts[name]], 1))

    return Network()


def configure(given: dict) -> dict:
    """What the network is built from; the second encoder is as the first where it isn't said."""
    encoders = []
    for name in ("enc0", "enc1"):
        alike = name == "enc1" and given["enc1_network"] == "enc0"

        def value(key: str, name=name, alike=alike):
            own = given[f"{name}_{key}"]
            absent = own is None or (alike and key in ("network", "layers") and own in ("enc0", "auto"))
            return given[f"enc0_{key}"] if absent else own

        network = value("network")
        layers = value("layers")
        encoders.append(
            {
                "network": network,
                "layers": LAYERS[network] if layers == "auto" else layers,
                **{key: value(key) for key in ("max_seq_len", "vocab_size", "cnn_filter_width", "token_embedding_dim")},
            }
        )
    names = ("enc_dim", "mlp_layers", "mlp_dim", "mlp_activation", "output_layer", "num_classes", "dropout")
    return {
        "encoders": encoders,
        **{name: given[name] for name in names},
        "comparators": list(given["comparator_list"]),
        "tied": given["tied_token_embedding_weight"],
    }
