"""DeepAR's noise models: how a network's outputs are a distribution of the scaled target."""

# Outputs of the network for each.
PARAMETERS = {"gaussian": 2, "student-T": 3, "beta": 2, "negative-binomial": 2, "deterministic-L1": 1}
LIKELIHOODS = ("student-T", "gaussian", "beta", "negative-binomial", "deterministic-L1")
_SMALL = 1e-4
_EDGE = 1e-3  # beta: how near to 0 and 1 a value may lie


def is_scaled(likelihood: str) -> bool:
    """Whether the target is divided by its scale; a beta's lies between 0 and 1 as it is."""
    return likelihood != "beta"


def losses(likelihood: str, outputs, target, scale):
    """The negative log-likelihood of each point in the target's own unit, or its absolute error for deterministic-L1.

    Args:
        outputs: (…, PARAMETERS[likelihood]) of the network.
        target: (…) unscaled.
        scale: (…) of the window that the point is in.
    """
    if likelihood == "deterministic-L1":
        return (target - outputs[..., 0] * scale).abs()
    if likelihood == "beta":
        return -_distribution(likelihood, outputs, scale).log_prob(target.clamp(_EDGE, 1 - _EDGE))
    if likelihood == "negative-binomial":
        return -_distribution(likelihood, outputs, scale).log_prob(target.clamp(min=0).round())
    return -_distribution(likelihood, outputs, scale).log_prob(target / scale) + scale.log()


def sample(likelihood: str, outputs, scale):
    """One draw of each point, unscaled."""
    if likelihood == "deterministic-L1":
        return outputs[..., 0] * scale
    drawn = _distribution(likelihood, outputs, scale).sample()
    return drawn if likelihood in ("beta", "negative-binomial") else drawn * scale


def _distribution(likelihood: str, outputs, scale):
    from torch.distributions import Beta, NegativeBinomial, Normal, StudentT
    from torch.nn.functional import softplus

    first, second = outputs[..., 0], softplus(outputs[..., 1]) + _SMALL
    if likelihood == "gaussian":
        return Normal(first, second, validate_args=False)
    if likelihood == "student-T":
        freedom = 2 + softplus(outputs[..., 2])
        return StudentT(freedom, first, second, validate_args=False)
    if likelihood == "beta":
        return Beta(softplus(first) + _SMALL, second, validate_args=False)
    mean = (softplus(first) + _SMALL) * scale
    odds = 1 / (second + _SMALL)  # the count of failures: variance = mean + mean² · second
    return NegativeBinomial(odds, logits=(mean / odds).log(), validate_args=False)
