"""The search behind `python -m training tune`: space, heads side by side, study, comparisons."""
