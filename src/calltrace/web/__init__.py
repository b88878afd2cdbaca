"""The web UI: server-rendered pages that work as plain HTML; scripts only make them quicker to use."""
