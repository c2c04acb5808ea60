"""What a config says: classes by any name, parts in every form, and faults found before anything is built."""
