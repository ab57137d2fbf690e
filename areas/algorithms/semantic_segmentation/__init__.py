"""Semantic Segmentation: which class each pixel of a picture is of."""
