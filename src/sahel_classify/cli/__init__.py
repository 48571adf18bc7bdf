"""The command ``sahel-classify``: a thin layer over the Python interface."""

from sahel_classify.cli.main import main

__all__ = ["main"]
