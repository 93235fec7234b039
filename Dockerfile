# syntax=docker/dockerfile:1
# By its digest, the base is the same again: docs/how-to/docker.md
ARG BASE=python:3.13-slim
FROM ${BASE} AS build
# Compiled modules name no time then.
ARG SOURCE_DATE_EPOCH
WORKDIR /build
# What runs has no pip: it is installed from outside.
RUN python -m venv --without-pip /bridge && python -m venv /tools
ENV PATH=/tools/bin:$PATH
COPY requirements.lock requirements-build.lock ./
# The driver of PostgreSQL included, so that one image serves one bridge or several.
RUN pip --python /bridge/bin/python install --no-cache-dir --require-hashes -r requirements.lock
RUN pip install --no-cache-dir --require-hashes -r requirements-build.lock
COPY pyproject.toml README.md LICENSE ./
COPY bridge bridge
COPY tests/conformance tests/conformance
RUN pip wheel --no-build-isolation --no-deps --wheel-dir /wheels . \
 && pip --python /bridge/bin/python install --no-cache-dir --no-deps /wheels/*.whl
# Twilio and Twenty to play with are for development: `serve` imports nothing of them.
RUN cd /bridge/lib/python3.*/site-packages/bridge && rm -r sandbox demo

FROM ${BASE}
ARG SOURCE_DATE_EPOCH
RUN useradd --system --uid 10001 --home-dir /srv bridge \
 && install --directory --owner bridge --mode 700 /srv/data
COPY --from=build /bridge /bridge
COPY config.yaml /srv/config.yaml
WORKDIR /srv
USER bridge
ENV PATH=/bridge/bin:$PATH BRIDGE_HOST=0.0.0.0 BRIDGE_PORT=8080 \
    PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
VOLUME /srv/data
EXPOSE 8080 9464
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["python", "-c", "\
import os, urllib.request; \
urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"BRIDGE_PORT\"]}/health', timeout=2)"]
ENTRYPOINT ["twenty-bridge"]
CMD ["serve"]
