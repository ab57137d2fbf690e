"""Object2Vec: embeddings of pairs of token sequences, learned by how they belong together."""
