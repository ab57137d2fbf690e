"""Containers without Docker: start, watch and end a process under SageMaker's container contract."""
