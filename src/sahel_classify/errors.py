"""The exceptions of the package: each message names what, where and the remedy."""

from __future__ import annotations

__all__ = [
    "BundleError",
    "InputError",
    "LabelError",
    "MissingDependencyError",
    "NotTrainedError",
    "OutputError",
    "ParameterError",
    "SahelClassifyError",
]


class SahelClassifyError(Exception):
    """Base of every error that the package raises on purpose."""


class InputError(SahelClassifyError, ValueError):
    """A text or an input file that can't be read: wrong type, encoding, column or line."""


class LabelError(InputError):
    """A labelled paragraph, lexicon line or label scheme that breaks its contract."""


class ParameterError(SahelClassifyError, ValueError):
    """A parameter outside its documented values."""


class NotTrainedError(SahelClassifyError, ValueError):
    """An estimator or model used before it was trained."""


class BundleError(SahelClassifyError, ValueError):
    """A model file that is missing, damaged, foreign or of a newer format."""


class OutputError(SahelClassifyError, OSError):
    """A file that can't be written."""


class MissingDependencyError(SahelClassifyError, ImportError):
    """An optional package is needed; the message carries the exact pip line."""
