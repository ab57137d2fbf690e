"""NTM's network: counts of words → a Gaussian over topics → counts of words.

Source: Miao, Yu, Blunsom, "Neural Variational Inference for Text Processing" (2016); Srivastava, Sutton, "Autoencoding
Variational Inference for Topic Models" (2017) for the decoder, which mixes topics before the softmax.
"""


def build(config: dict):
    """The network. ``forward(counts)`` returns (mean, log variance) of a document's topics; ``words(z)`` log-probabilities."""
    import torch
    from torch import nn

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            layers, width = [], config["feature_dim"]
            for size in config["encoder_layers"]:
                layers.append(nn.Linear(width, size))
                if config["batch_norm"]:
                    layers.append(nn.BatchNorm1d(size))
                layers.append({"sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "relu": nn.ReLU}[config["activation"]]())
                width = size
            self.encoder = nn.Sequential(*layers)
            self.mean = nn.Linear(width, config["num_topics"])
            self.spread = nn.Linear(width, config["num_topics"])
            nn.init.zeros_(self.spread.weight)
            nn.init.zeros_(self.spread.bias)
            self.topics = nn.Linear(config["num_topics"], config["feature_dim"])

        def forward(self, counts):
            # Longer documents say the same with larger numbers.
            hidden = self.encoder(counts / counts.sum(1, keepdim=True).clamp(min=1) * config["scale"])
            return self.mean(hidden), self.spread(hidden).clamp(-10, 10)

        def words(self, z):
            return torch.log_softmax(self.topics(torch.softmax(z, 1)), 1)

    return Network()


def losses(network, counts):
    """(kld, recons) summed over the documents (rows, words): divergence from the prior, and how ill words are foretold."""
    import torch

    mean, spread = network(counts)
    z = mean + torch.randn_like(mean) * (spread / 2).exp() if network.training else mean
    recons = -(counts * network.words(z)).sum()
    kld = -0.5 * (1 + spread - mean**2 - spread.exp()).sum()
    return kld, recons


def topic_weights(network, counts):
    """(rows, num_topics): the share of each topic in each document."""
    import torch

    with torch.no_grad():
        return torch.softmax(network(counts)[0], 1).numpy()
