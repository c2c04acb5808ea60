"""Many trainings that differ in one thing each, and what follows from them: tools/study.py, docs/study.md."""
