"""What the image algorithms share: pictures read within limits, MXNet's records, residual networks, the loop over epochs."""
