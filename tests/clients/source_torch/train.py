"""A PyTorch script as people write them: arguments, SM_ variables, a package from requirements.txt, a TorchScript model."""

import argparse
import os

import numpy as np
import torch
from atelier_helper import scaled
from torch import nn

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=20)
parser.add_argument("--lr", type=float, default=0.05)
parser.add_argument("--model-dir", default=os.environ["SM_MODEL_DIR"])
parser.add_argument("--train", default=os.environ["SM_CHANNEL_TRAIN"])
args = parser.parse_args()

table = np.loadtxt(os.path.join(args.train, "train.csv"), delimiter=",", dtype="float32")
rows, labels = torch.from_numpy(scaled(table[:, 1:])), torch.from_numpy(table[:, 0])
torch.manual_seed(0)
model = nn.Sequential(nn.Linear(rows.shape[1], 8), nn.ReLU(), nn.Linear(8, 1))
for epoch in range(args.epochs):
    loss = nn.functional.binary_cross_entropy_with_logits(model(rows)[:, 0], labels)
    model.zero_grad()
    loss.backward()
    with torch.no_grad():
        for weight in model.parameters():
            weight -= args.lr * 10 * weight.grad
    print(f"epoch={epoch} loss={loss.item():.4f};")
accuracy = ((model(rows)[:, 0] > 0) == (labels > 0.5)).float().mean().item()
print(f"accuracy={accuracy:.3f};")
torch.jit.trace(model, rows[:2]).save(os.path.join(args.model_dir, "model.pth"))
np.savez(os.path.join(args.model_dir, "scale.npz"), mean=table[:, 1:].mean(0), spread=table[:, 1:].std(0))
