"""Testing a model: the command, and what its options change in a config."""
