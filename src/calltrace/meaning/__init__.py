"""What texts mean, as numbers: sentence embeddings, and the regressions that read them."""
