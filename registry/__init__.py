"""Governance on top of model packages: approvals, policies, audit. Its tables come with the model registry."""
