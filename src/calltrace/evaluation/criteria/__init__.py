"""How each kind of criterion reads a call: one file per kind, one line each in ``registry``."""
