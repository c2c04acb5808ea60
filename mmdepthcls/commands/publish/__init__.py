"""Makes a model file of a config and a checkpoint: weights, and all that is needed and known to use them."""
