"""Experiments: what was tried, with which parameters, and what came of it. Runs are AWS's trial components.

Not faithful to AWS: what is deleted waits in the bin for 30 days, and a run may have more parameters than 300 when an MLflow
client logs them.
"""
