# docker build -t wsbeat . && docker run --rm --network host wsbeat server ws://localhost:8000/ws
FROM python:3.13-slim AS build
COPY pyproject.toml README.md LICENSE pytest_wsbeat.py /wsbeat/
COPY spec /wsbeat/spec
COPY conformance /wsbeat/conformance
COPY reference_server /wsbeat/reference_server
COPY reference_client /wsbeat/reference_client
RUN python -m venv /opt/wsbeat && /opt/wsbeat/bin/pip install --no-cache-dir '/wsbeat[reference]'

FROM python:3.13-slim
COPY --from=build /opt/wsbeat /opt/wsbeat
ENV PATH=/opt/wsbeat/bin:$PATH XDG_CACHE_HOME=/tmp/cache
RUN useradd --create-home --uid 10001 wsbeat
USER wsbeat
WORKDIR /home/wsbeat
ENTRYPOINT ["wsbeat"]
CMD ["--help"]
