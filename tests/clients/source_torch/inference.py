import os

import numpy as np
import torch


def model_fn(model_dir):
    scale = np.load(os.path.join(model_dir, "scale.npz"))
    return torch.jit.load(os.path.join(model_dir, "model.pth")), scale["mean"], scale["spread"]


def predict_fn(data, model):
    network, mean, spread = model
    with torch.no_grad():
        return torch.sigmoid(network((data - torch.from_numpy(mean)) / torch.from_numpy(spread)))[:, 0]
