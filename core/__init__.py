"""LungLens core: a pure library that both the app and the training package stand on.

No Streamlit, no command line, no printing, and no network at import.
"""
