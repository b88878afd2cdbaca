"""Who decides: embeddings, dialogue acts, trained verdict heads. Only ``embeddings`` loads a model."""
