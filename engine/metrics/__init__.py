"""The service sagemaker-metrics: points of trial components put over the wire, and read again as aggregates."""
