"""Fitting the temperature of a checkpoint."""
