"""Makes a checkpoint's probabilities frequencies: finds the number by which its logits are divided."""
