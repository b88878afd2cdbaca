"""Many stored calls evaluated at a time: back-tests of a scorecard, and evaluating again in bulk."""
