"""The whole way on a bare machine."""
