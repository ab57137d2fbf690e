"""Seq2Seq: sequences of tokens from sequences of tokens, as in translation."""
