"""Self-training on a target whose depth nobody knows: the command, its rounds, and what they led to."""
