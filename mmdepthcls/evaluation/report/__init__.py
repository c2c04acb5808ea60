"""The report of a test: Markdown, JSON, charts and pictures. Pure."""
