"""Hyperparameter tuning: many training jobs, one objective, and a strategy that says what to try next.

How it differs from AWS: docs/areas/tuning.md.
"""
