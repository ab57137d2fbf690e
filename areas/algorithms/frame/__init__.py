"""What SageMaker's built-in algorithms have in common: hyperparameters, channels, log lines, training, serving.

Standard library and numpy; no Django, and every other library is imported where it is used, because each algorithm runs in
an environment of its own.
"""
