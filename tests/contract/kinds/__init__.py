"""Schemas of the kinds that operators add to Kubernetes, as their own projects publish them, without descriptions."""
