"""What makes downloaded data ready: checks, repairs, split files."""
