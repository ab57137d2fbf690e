"""The model registry: groups of numbered model versions with their approval status, and packages without a group.

Not faithful to AWS: nothing is validated by running it (ValidationSpecification), and nothing is sold (Marketplace).
"""
