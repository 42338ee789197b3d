FROM python:3.11-slim
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 TF_CPP_MIN_LOG_LEVEL=3 KERAS_BACKEND=tensorflow MALLOC_ARENA_MAX=2
RUN useradd --create-home --uid 1000 app
WORKDIR /home/app/lunglens
COPY requirements.txt ./
RUN pip install --no-cache-dir -r requirements.txt
COPY --chown=app:app streamlit_app.py pyproject.toml LICENSE THIRD_PARTY_NOTICES.md ./
COPY --chown=app:app .streamlit ./.streamlit
COPY --chown=app:app pages ./pages
COPY --chown=app:app core ./core
COPY --chown=app:app training ./training
COPY --chown=app:app models ./models
USER app
EXPOSE 8501
HEALTHCHECK --start-period=60s --interval=30s --timeout=5s CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]
CMD ["streamlit", "run", "streamlit_app.py", "--server.address=0.0.0.0", "--server.port=8501"]
