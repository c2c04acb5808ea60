"""How long data, evaluation and losses take, as ratios within one run."""
