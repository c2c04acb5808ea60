"""The fully connected CRF and its lattice, in PyTorch alone. Pure."""
