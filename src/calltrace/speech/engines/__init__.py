"""Recognisers, one file each, loaded lazily."""
