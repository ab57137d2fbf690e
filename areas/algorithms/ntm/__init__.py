"""NTM: topics of documents by a variational autoencoder."""
