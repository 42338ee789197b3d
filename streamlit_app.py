"""LungLens: the entry point. Page titles and order; everything else is in pages/."""

import streamlit as st

st.set_page_config(page_title="LungLens", page_icon=":material/pulmonology:", layout="wide")
st.navigation(
    [
        st.Page("pages/home.py", title="Home", icon=":material/home:", default=True),
        st.Page("pages/predict.py", title="Predict", icon=":material/radiology:"),
        st.Page("pages/explain.py", title="Explain", icon=":material/frame_inspect:"),
        st.Page("pages/compare.py", title="Compare", icon=":material/compare_arrows:"),
        st.Page("pages/data.py", title="Data", icon=":material/database:"),
        st.Page("pages/lab.py", title="Shortcut lab", icon=":material/labs:"),
        st.Page("pages/tune.py", title="Tuning", icon=":material/tune:"),
    ]
).run()
