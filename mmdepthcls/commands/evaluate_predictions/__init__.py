"""Scoring depth that any program wrote."""
