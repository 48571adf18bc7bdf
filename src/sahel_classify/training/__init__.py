"""The training road: from labels to a model. Nothing here is imported when a model only predicts."""
