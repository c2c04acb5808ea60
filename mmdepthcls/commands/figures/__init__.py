"""Draws what a model does: results, errors, reliability, points, two models, bins; the paper's Figures 2, 3 and 4."""
