"""Labels: records, reading, linting and splitting."""

from sahel_classify.labels.reading import LabelSet, read_labels
from sahel_classify.labels.records import LabelledParagraph

__all__ = ["LabelSet", "LabelledParagraph", "read_labels"]
