"""The whole-batch road: the same answers as the plain road, worked out for many paragraphs at once with numpy arrays."""
