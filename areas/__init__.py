"""One folder per SageMaker capability. No area imports another; rooms find areas by name (areas.index)."""
