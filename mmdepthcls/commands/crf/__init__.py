"""Commands around the fully connected CRF: tune it, compare several, time it."""
