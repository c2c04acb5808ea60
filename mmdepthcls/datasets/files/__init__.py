"""Kinds of files, each verified before it is believed, and how they are found. Pure."""
