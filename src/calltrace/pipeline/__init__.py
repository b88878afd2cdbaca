"""The jobs, and the binding to the queue engine."""
