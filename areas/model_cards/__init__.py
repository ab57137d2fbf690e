"""Model cards: what a model is for, how it was made and how well it does, in versions, to read, compare and print.

Not as on AWS: SecurityConfig (a key of your own) is refused, and no other account can be given a card.
"""
