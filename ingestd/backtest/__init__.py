"""What a period of mail and webhooks would have become under these rules, and under others: ``ingestd replay``.

    stream.py     what arrived, from the store; mailboxes.py: from mail that lies elsewhere
    tally.py      one virtual run, counted
    compare.py    two runs side by side, and where they differ
    report.py     the figures as a table or as JSON

Nothing here writes to a store or sends anything. The same input and the same rules give the same bytes.
"""
