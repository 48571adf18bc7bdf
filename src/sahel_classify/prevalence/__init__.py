"""Shares of an archive: from counted predictions to intervals that know how often the classifier errs.

`classify_and_count` counts, and is biased; `adjusted_count` and `emq` mend the bias where the classes look alike in the archive and
in the labels; `prediction_powered` needs a random labelled sample of the archive, and no assumption besides.
"""
