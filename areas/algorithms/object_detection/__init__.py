"""Object Detection: what is where in a picture."""
