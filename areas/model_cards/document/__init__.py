"""A model card as a PDF. What stands here runs in a container: no Django, no engine."""
