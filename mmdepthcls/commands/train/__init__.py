"""Training a model: the command, and what a training begins with."""
