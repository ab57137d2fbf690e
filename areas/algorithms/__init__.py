"""What runs inside the containers: built-in algorithms and script mode. Not faithful to AWS: see docs/areas/algorithms.md."""
