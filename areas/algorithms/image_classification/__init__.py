"""Image Classification: what is in a picture, by a residual network."""
