"""Learning from the mails that nothing recognised: groups of one shape, and a recogniser drafted for each.

``shape.py`` finds the groups, ``draft.py`` writes the YAML for an admin to edit.
"""

from ingestd.learn.draft import Draft, draft
from ingestd.learn.shape import Group, Sample, group, sample

__all__ = ["Draft", "Group", "Sample", "draft", "group", "sample"]
