"""Which voice speaks when: embeddings of short windows, grouped (decision 0015)."""
