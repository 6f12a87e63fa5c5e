# One image for gateway, knowledge and actions: they share an environment and differ in command.
# PIP_EXTRA_INDEX_URL lets the builder name the place of PyTorch's CPU builds (docs/operator.md);
# without it pip takes the default build, which is several gigabytes larger.
FROM node:22-slim AS assets
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci
COPY gateway/static/src gateway/static/src
COPY gateway/locales gateway/locales
RUN npm run build

FROM python:3.11-slim
ARG PIP_EXTRA_INDEX_URL=""
ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 HF_HUB_OFFLINE=1
RUN useradd --create-home --uid 10001 svar
WORKDIR /srv/svar
COPY requirements/svar.txt requirements/svar.txt
RUN PIP_EXTRA_INDEX_URL="$PIP_EXTRA_INDEX_URL" pip install -r requirements/svar.txt
COPY knowledge knowledge
COPY gateway gateway
COPY actions actions
COPY --from=assets /src/gateway/static/build gateway/static/build
RUN SVAR_VAR=/srv/svar/made python -m knowledge unpack-encoder \
    && mkdir -p var && chown -R svar:svar var
USER svar
ENV SVAR_ENCODER=/srv/svar/made/encoder
