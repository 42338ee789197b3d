"""What pages share: cached loaders, state of this visit, widgets, text.

The first import in a server also sends a visitor who came by a link to a page through the entry
point: until st.navigation has run once, Streamlit takes the folder pages/ for an app of its older
kind, and runs such a page by itself under a menu of file names.
"""

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager  # no public way to ask (1.67)

if PagesManager.uses_pages_directory:
    PagesManager.uses_pages_directory = False
    st.rerun()
