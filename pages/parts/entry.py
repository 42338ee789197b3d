"""Every visit goes through streamlit_app.py, also the first one straight to a page."""

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager  # no public way to ask (1.67)


def ensure() -> None:
    """Send a visitor who skipped the entry point back to it.

    Until st.navigation has run once in a server, Streamlit takes the pages folder for an app of the
    old kind and runs a linked page by itself, with a menu made of file names.
    """
    if PagesManager.uses_pages_directory:
        st.switch_page("streamlit_app.py")
