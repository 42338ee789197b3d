"""The programs that make LungLens' models: `python -m training VERB`."""
