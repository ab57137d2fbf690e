"""What the PyTorch algorithms share: device and threads, stopping, saving, patience, requests. No Django."""
