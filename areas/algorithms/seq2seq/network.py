"""Seq2Seq's network: a recurrent encoder in both directions, a recurrent decoder that looks at the source.

Source: Bahdanau, Cho, Bengio (2015); Luong, Pham, Manning, "Effective Approaches to Attention-based Neural Machine
Translation" (2015), whose global attention after the recurrent layers this is: ``mlp`` is their concat, ``bilinear`` their
general.
"""

from areas.algorithms.seq2seq.data import PAD

NAMES = (
    "num_layers_encoder", "num_layers_decoder", "rnn_num_hidden", "num_embed_source", "num_embed_target", "rnn_cell_type",
    "rnn_attention_type", "rnn_decoder_state_init", "rnn_residual_connections", "rnn_first_residual_layer",
    "rnn_decoder_hidden_dropout", "embed_dropout_source", "embed_dropout_target", "max_seq_len_source",
    "max_seq_len_target", "beam_size",
)  # fmt: skip


def configure(given: dict, sizes: tuple[int, int]) -> dict:
    """What the network is built from; ``sizes`` are those of the vocabularies."""
    attention = given["rnn_attention_num_hidden"] or given["rnn_num_hidden"]
    return {**{name: given[name] for name in NAMES}, "attention": attention, "sizes": list(sizes)}


def build(config: dict):
    """The network for a model's configuration."""
    import torch
    from torch import nn

    hidden, cell = config["rnn_num_hidden"], {"lstm": nn.LSTM, "gru": nn.GRU}[config["rnn_cell_type"]]

    class Stack(nn.Module):
        """Recurrent layers; the first may read in both directions."""

        def __init__(self, width: int, layers: int, both: bool):
            super().__init__()
            first = cell(width, hidden // 2 if both else hidden, batch_first=True, bidirectional=both)
            self.layers = nn.ModuleList([first, *(cell(hidden, hidden, batch_first=True) for _ in range(layers - 1))])

        def forward(self, found, lengths=None, states=None):
            ends = []
            for number, layer in enumerate(self.layers, 1):
                given = found
                if lengths is not None:
                    packed = nn.utils.rnn.pack_padded_sequence(found, lengths, batch_first=True, enforce_sorted=False)
                    out, end = layer(packed)
                    found, _ = nn.utils.rnn.pad_packed_sequence(out, batch_first=True)
                else:
                    found, end = layer(found, states[number - 1] if states else None)
                if config["rnn_residual_connections"] and number >= config["rnn_first_residual_layer"] and number > 1:
                    found = found + given
                ends.append(end)
            return found, ends

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            source, target = config["sizes"]
            self.read = nn.Embedding(source, config["num_embed_source"], padding_idx=PAD)
            self.wrote = nn.Embedding(target, config["num_embed_target"], padding_idx=PAD)
            self.encoder = Stack(config["num_embed_source"], config["num_layers_encoder"], True)
            self.decoder = Stack(config["num_embed_target"], config["num_layers_decoder"], False)
            self.first = nn.ModuleList(nn.Linear(hidden, hidden) for _ in range(config["num_layers_decoder"]))
            size = config["attention"]
            self.keys = nn.Linear(hidden, size if config["rnn_attention_type"] == "mlp" else hidden, bias=False)
            self.queries = nn.Linear(hidden, size)
            self.energy = nn.Linear(size, 1, bias=False)
            self.both = nn.Linear(2 * hidden, hidden)
            self.out = nn.Linear(hidden, target)
            self.drops = nn.ModuleDict(
                {
                    "source": nn.Dropout(config["embed_dropout_source"]),
                    "target": nn.Dropout(config["embed_dropout_target"]),
                    "hidden": nn.Dropout(config["rnn_decoder_hidden_dropout"]),
                }
            )

        def encode(self, source):
            """(states, seen, first states of the decoder) of (batch, points) tokens."""
            seen = source != PAD
            found, _ = self.encoder(self.drops["source"](self.read(source)), seen.sum(1).cpu())
            how = config["rnn_decoder_state_init"]
            if how == "last":
                summary = found[torch.arange(len(found), device=found.device), seen.sum(1) - 1]
            else:
                summary = (found * seen.unsqueeze(2)).sum(1) / seen.sum(1, keepdim=True)
            firsts = []
            for layer in self.first:
                state = torch.tanh(layer(summary)).unsqueeze(0)
                state = torch.zeros_like(state) if how == "zero" else state
                firsts.append((state, torch.zeros_like(state)) if config["rnn_cell_type"] == "lstm" else state)
            return found, seen, firsts

        def decode(self, tokens, states, seen, before):
            """(logits, attention (batch, written, read), states after) of tokens that were written."""
            found, after = self.decoder(self.drops["target"](self.wrote(tokens)), states=before)
            weights = torch.softmax(self.scores(found, states, seen).masked_fill(~seen.unsqueeze(1), -1e9), 2)
            mixed = torch.tanh(self.both(torch.cat([weights @ states, found], 2)))
            return self.out(self.drops["hidden"](mixed)), weights, after

        def scores(self, found, states, seen):
            kind = config["rnn_attention_type"]
            if kind == "dot":
                return found @ states.transpose(1, 2)
            if kind == "bilinear":
                return found @ self.keys(states).transpose(1, 2)
            if kind == "mlp":
                joined = torch.tanh(self.queries(found).unsqueeze(2) + self.keys(states).unsqueeze(1))
                return self.energy(joined).squeeze(3)
            points = torch.arange(seen.shape[1], device=seen.device)
            last = (points == (seen.sum(1, keepdim=True) - 1)).float() * 1e4
            return last.unsqueeze(1).expand(-1, found.shape[1], -1)

        def forward(self, source, tokens):
            states, seen, first = self.encode(source)
            return self.decode(tokens, states, seen, first)[0]

    return Network()


def initialize(network, given: dict) -> None:
    """First weights as weight_init_type, weight_init_scale and xavier_factor_type say."""
    import torch

    with torch.no_grad():
        for weight in network.parameters():
            if weight.dim() < 2:
                weight.zero_()
                continue
            outputs, inputs = weight.shape
            factor = {"in": inputs, "out": outputs, "avg": (inputs + outputs) / 2}[given["xavier_factor_type"]]
            scale = given["weight_init_scale"]
            bound = (scale / factor) ** 0.5 if given["weight_init_type"] == "xavier" else scale
            weight.uniform_(-bound, bound)
        for embedding in (network.read, network.wrote):
            embedding.weight[PAD] = 0
