"""Optimizers by SageMaker's names. Not torch.optim: the first step of its optimizers imports PyTorch's compiler, which
takes longer (3 s) than many a training."""


class Optimizer:
    """Moves weights against their gradients. ``rate`` may be changed between steps.

    Args:
        name: adam, sgd, nag, rmsprop, adagrad or adadelta.
        decay: what L2 regularization adds to the gradient, as a share of the weight.
        clip: the largest size of a gradient's component, ``norm`` the largest norm of all of them; None: any.
        rescale: what gradients are multiplied by first.
    """

    def __init__(
        self, name: str, weights, rate: float, *, decay: float = 0.0, momentum: float = 0.0, betas=(0.9, 0.999),
        eps: float = 1e-8, gamma: float = 0.9, clip: float | None = None, norm: float | None = None, rescale: float = 1.0,
    ):  # fmt: skip
        self.weights = [weight for weight in weights if weight.requires_grad]
        self.rate, self.decay, self.clip, self.norm, self.rescale = rate, decay, clip, norm, rescale
        self.momentum, self.betas, self.eps, self.gamma = momentum, betas, eps, gamma
        self.move = getattr(self, f"_{name}")
        self.memory: list[dict] = [{} for _ in self.weights]
        self.steps = 0

    def step(self, loss) -> None:
        """Compute the loss's gradients and move the weights."""
        import torch

        for weight in self.weights:
            weight.grad = None
        loss.backward()
        with torch.no_grad():
            if self.norm:
                torch.nn.utils.clip_grad_norm_(self.weights, self.norm)
            self.steps += 1
            for weight, memory in zip(self.weights, self.memory, strict=True):
                if weight.grad is None:
                    continue
                gradient = weight.grad
                if self.rescale != 1.0:
                    gradient = gradient * self.rescale
                if self.clip:
                    gradient = gradient.clamp(-self.clip, self.clip)
                if self.decay:
                    gradient = gradient + self.decay * weight
                self.move(weight, gradient, memory)

    def _adam(self, weight, gradient, memory) -> None:
        first, second = self.betas
        mean, square = _kept(memory, "mean", weight), _kept(memory, "square", weight)
        mean.lerp_(gradient, 1 - first)
        square.mul_(second).addcmul_(gradient, gradient, value=1 - second)
        root = (square / (1 - second**self.steps)).sqrt_().add_(self.eps)
        weight.addcdiv_(mean, root, value=-self.rate / (1 - first**self.steps))

    def _sgd(self, weight, gradient, memory) -> None:
        if self.momentum:
            gradient = _kept(memory, "velocity", weight).mul_(self.momentum).add_(gradient)
        weight.add_(gradient, alpha=-self.rate)

    def _nag(self, weight, gradient, memory) -> None:
        velocity = _kept(memory, "velocity", weight).mul_(self.momentum).add_(gradient)
        weight.add_(gradient + self.momentum * velocity, alpha=-self.rate)

    def _rmsprop(self, weight, gradient, memory) -> None:
        square = _kept(memory, "square", weight).mul_(self.gamma).addcmul_(gradient, gradient, value=1 - self.gamma)
        move = gradient / (square.sqrt() + self.eps)
        if self.momentum:
            move = _kept(memory, "velocity", weight).mul_(self.momentum).add_(move)
        weight.add_(move, alpha=-self.rate)

    def _adagrad(self, weight, gradient, memory) -> None:
        square = _kept(memory, "square", weight).addcmul_(gradient, gradient)
        weight.addcdiv_(gradient, square.sqrt() + self.eps, value=-self.rate)

    def _adadelta(self, weight, gradient, memory) -> None:
        square, moved = _kept(memory, "square", weight), _kept(memory, "moved", weight)
        square.mul_(0.9).addcmul_(gradient, gradient, value=0.1)
        move = gradient * ((moved + 1e-5) / (square + 1e-5)).sqrt()
        moved.mul_(0.9).addcmul_(move, move, value=0.1)
        weight.sub_(move)  # MXNet's, and so AWS's, has no rate


def _kept(memory: dict, name: str, weight):
    """What the optimizer remembers of a weight, zeros at first."""
    if name not in memory:
        memory[name] = weight.new_zeros(weight.shape)
    return memory[name]


class Plateau:
    """Lowers an optimizer's rate by ``factor`` where the loss has not been better for more than ``patience`` checks."""

    def __init__(self, optimizer: Optimizer, *, factor: float, patience: int, maximize: bool = False):
        self.optimizer, self.factor, self.patience = optimizer, factor, patience
        self.sign, self.least, self.since = (-1.0 if maximize else 1.0), float("inf"), 0

    def check(self, score: float) -> None:
        value = self.sign * score
        if value < self.least - 1e-4 * abs(value):
            self.least, self.since = value, 0
            return
        self.since += 1
        if self.since > self.patience:
            self.optimizer.rate *= self.factor
            self.since = 0
