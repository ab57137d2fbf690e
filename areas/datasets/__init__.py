"""Datasets: tables in S3 with immutable versions, statistics, splits and ready-made training channels.

SageMaker has no such noun: everything here goes through boto3, so it works on AWS as on the embedded engine.
"""
