# SPDX-License-Identifier: AGPL-3.0-or-later
# Two images from one file: the edge (reader) carries no database driver, the centre no vision library.
#   docker build --target reader -t anpr-reader .
#   docker build --target centre -t anpr-centre .
FROM python:3.13-slim-bookworm AS base
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN useradd --system --create-home --uid 10001 anpr && mkdir -p /var/lib/anpr && chown anpr /var/lib/anpr
WORKDIR /opt/anpr
COPY requirements/ requirements/
ENV ANPR_DATA_DIR=/var/lib/anpr

FROM base AS reader
RUN pip install --no-cache-dir --require-hashes -r requirements/reader.txt
COPY pyproject.toml README.md LICENSE ./
COPY models/ models/
COPY config/ config/
COPY anpr/ anpr/
RUN pip install --no-cache-dir --no-deps --no-build-isolation .
USER anpr
VOLUME /var/lib/anpr
ENTRYPOINT ["anpr"]
CMD ["reader"]

FROM base AS centre
RUN pip install --no-cache-dir --require-hashes -r requirements/centre.txt
COPY pyproject.toml README.md LICENSE ./
COPY models/ models/
COPY config/ config/
COPY anpr/ anpr/
RUN pip install --no-cache-dir --no-deps --no-build-isolation .
USER anpr
VOLUME /var/lib/anpr
EXPOSE 8080
# Reached from outside the container: the console starts with console.certificate_file and key_file (mount them), or with
# console.trusted_proxies for a proxy with HTTPS in front of it (docs/hardening.md); without either it says so and ends.
# Metrics stay inside unless ANPR_METRICS_HOST says otherwise.
# Beyond loopback the console starts only with console.certificate_file and key_file, or behind console.trusted_proxies.
ENV ANPR_CONSOLE__HOST=0.0.0.0
ENTRYPOINT ["anpr"]
CMD ["console"]
