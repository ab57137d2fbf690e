"""What runs beside the training code and saves tensors. NumPy and the standard library; no Django."""
