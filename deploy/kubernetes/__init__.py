"""Kubernetes: bases and overlays for Kustomize; what follows from the code is made by `python -m deploy.kubernetes`."""
