"""ML Lineage Tracking: which data, code and image made which model, and where it runs.

Not faithful to AWS: associations and entities that were deleted are kept as history, so that the Studio can show the lineage
"as it was on" a day; the wire shows only what is there. There is one lineage group an account, shared with nobody.
"""
