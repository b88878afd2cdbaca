"""A language model's opinion on a call, taken for what it is: checked, bounded and never in charge."""
