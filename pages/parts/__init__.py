"""What pages share: cached loaders, state of this visit, widgets, text."""
