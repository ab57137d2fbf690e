"""What runs inside a transform job: the transformer, and the model server beside it. No Django, nothing of the engine."""
