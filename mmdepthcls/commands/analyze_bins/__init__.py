"""What schemes of bins cost on a data set: the command, its numbers and its picture."""
