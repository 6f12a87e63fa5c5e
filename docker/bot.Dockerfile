# Rasa 3.6 needs Python 3.10 and lives alone. It never faces the public: no port is published.
FROM python:3.10-slim
ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 RASA_TELEMETRY_ENABLED=false TF_CPP_MIN_LOG_LEVEL=2
RUN useradd --create-home --uid 10001 svar
WORKDIR /srv/svar
COPY requirements/bot.txt requirements/bot.txt
RUN pip install -r requirements/bot.txt
COPY bot bot
COPY nlu_data nlu_data
RUN mkdir -p var/models && chown -R svar:svar var
USER svar
