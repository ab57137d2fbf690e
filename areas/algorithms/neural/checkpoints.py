"""What a training knows after an epoch, kept in the job's checkpoint folder: a job that is started again goes on from there."""

import os
import time
from pathlib import Path

from areas.algorithms.container import UserError

NAME = "checkpoint.pt"
SHARE = 10  # an epoch is kept once training took so many times as long as the last time it took to keep one
# Of each part of a training, the attributes that it goes on with.
OPTIMIZER, BEST, PLATEAU = (
    ("rate", "steps", "memory"),
    ("score", "epoch", "state", "mark", "since"),
    ("least", "since"),
)


class Checkpoints:
    """``checkpoint.pt``, of the newest epoch; does nothing for a job that keeps no checkpoints (``folder`` None).

    Args:
        rng: the numpy generator that the training draws from: it goes on too, so that an interruption changes nothing.
        plateau: what lowers the rate, if anything does.
    """

    def __init__(self, folder: Path | None, network, *, optimizer, best, rng, plateau=None):
        self.path = folder / NAME if folder else None
        self.network, self.rng = network, rng
        self.parts = [(optimizer, OPTIMIZER), (best, BEST)] + ([(plateau, PLATEAU)] if plateau else [])
        self.saved, self.took = time.monotonic(), 0.0

    def resume(self, log) -> int:
        """Take up the training that is kept, if one is: the epochs that are done. UserError if it is another network's."""
        import torch

        if self.path is None or not self.path.is_file():
            return 0
        try:
            # Read as numbers only: a file of weights can't run code.
            found = torch.load(self.path, map_location=next(self.network.parameters()).device, weights_only=True)
            self.network.load_state_dict(found["network"])
            for (part, names), values in zip(self.parts, found["parts"], strict=True):
                for name in names:
                    setattr(part, name, values[name])
            self.rng.bit_generator.state = found["numpy"]
            torch.set_rng_state(found["torch"].cpu())
        except Exception as error:
            line = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise UserError(
                f"The checkpoint {NAME} doesn't fit this job, so that it can't go on from it: {line}"
            ) from None
        log.say(f"Checkpoint loaded, resuming from epoch {found['epochs']}.")
        return found["epochs"]

    def save(self, epochs: int, *, at_once: bool) -> None:
        """Keep the training as it is after ``epochs`` of them, whole or not at all; ``at_once``: it ends now."""
        import torch

        if self.path is None or (not at_once and time.monotonic() - self.saved < SHARE * self.took):
            return
        began = time.monotonic()
        temporary = self.path.with_name(f"{NAME}.part")  # a name that is not copied to S3
        torch.save(
            {
                "epochs": epochs, "network": self.network.state_dict(), "numpy": self.rng.bit_generator.state,
                "torch": torch.get_rng_state(),
                "parts": [{name: getattr(part, name) for name in names} for part, names in self.parts],
            },
            temporary,
        )  # fmt: skip
        os.replace(temporary, self.path)
        self.saved = time.monotonic()
        self.took = self.saved - began
