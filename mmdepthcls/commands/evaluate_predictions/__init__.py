"""Scores depth files of any program under the protocols of papers, without a model."""
