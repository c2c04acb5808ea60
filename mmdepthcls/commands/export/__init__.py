"""A model in a file that needs neither MMSegmentation nor PyTorch."""
