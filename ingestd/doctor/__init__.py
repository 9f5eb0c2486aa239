"""``ingestd doctor``: whether a page would get out, and what to do where it would not.

One file a topic; each names its trials by reading the case, and each trial is one look that gives one result. What they
share is in ``case.py``; ``table.py`` has the list of topics and runs all trials at once, each for a few seconds.
To add a look, add a trial to its topic's file; to add a topic, copy the nearest neighbour and name it in the table.
"""

from ingestd.doctor.case import Case, Result, Verdict
from ingestd.doctor.table import examine

__all__ = ["Case", "Result", "Verdict", "examine"]
