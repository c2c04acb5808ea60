"""Adapt one start in many ways to a target of which there are images alone, and write what each has reached."""
import sys

from mmdepthcls.commands.study.study_adaptation import run

if __name__ == '__main__':
    sys.exit(run())
