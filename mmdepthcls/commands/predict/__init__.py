"""Predicts depth of pictures, folders and films, and writes it into a folder."""
