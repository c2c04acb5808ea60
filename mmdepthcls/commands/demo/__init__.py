"""The demo: generated data, training, table and pictures, on a machine with neither data nor GPU."""
