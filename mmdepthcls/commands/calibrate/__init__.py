"""Brings a model file's metres and intervals into agreement with measurements."""
