"""What jobs, warm pools and endpoints cost: the price table, the estimate before, the charges after.

The embedded engine charges nothing: on its connections these are the dollars that AWS would have asked for.
"""
