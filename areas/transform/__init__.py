"""Batch transform: a model answers a whole prefix of S3, without an endpoint."""
