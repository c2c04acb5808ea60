"""app: a page on which a picture becomes metres."""
