"""Draws the paper's Figures 2, 3 and 4 from a checkpoint and a data set."""
