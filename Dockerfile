# hairline with MLflow's server, Ray and S3 inside: one image for every service of deploy/compose.yaml.
#
#   docker build --target cpu  -t hairline:0.1.0-cpu .
#   docker build --target cuda -t hairline:0.1.0-cuda .     # CUDA comes with torch's packages; the host needs a driver
#
# Versions are those of constraints.txt. BASE may be any image with Debian's apt-get and Python 3.11 as python3.
ARG BASE=python:3.11.14-slim-bookworm

FROM ${BASE} AS tools
# pydensecrf2 is built by a C++ compiler, which stays behind in this stage
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends g++ \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY constraints.txt pyproject.toml ./
ENV VIRTUAL_ENV=/opt/hairline PATH=/opt/hairline/bin:$PATH UV_LINK_MODE=copy
RUN python3 -m venv "$VIRTUAL_ENV" \
 && pip install --quiet --no-cache-dir --disable-pip-version-check -c constraints.txt uv

FROM tools AS packages-cuda
RUN --mount=type=cache,target=/root/.cache/uv \
    uv pip install --compile-bytecode -c constraints.txt -r pyproject.toml \
      --extra train --extra platform --extra photos --extra geo --extra cluster --extra s3 --extra postgres --extra pretrained

FROM tools AS packages-cpu
# torch without CUDA, 4 GB less: uv knows where such builds are
RUN --mount=type=cache,target=/root/.cache/uv \
    uv pip install --torch-backend cpu --compile-bytecode -c constraints.txt -r pyproject.toml \
      --extra train --extra platform --extra photos --extra geo --extra cluster --extra s3 --extra postgres --extra pretrained

FROM ${BASE} AS system
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends git make \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home --uid 1000 hairline \
 && install --directory --owner hairline --group hairline /work
ENV VIRTUAL_ENV=/opt/hairline PATH=/opt/hairline/bin:$PATH PYTHONUNBUFFERED=1 \
    DO_NOT_TRACK=1 DVC_NO_ANALYTICS=1 GX_ANALYTICS_ENABLED=false HF_HUB_DISABLE_TELEMETRY=1 \
    MLFLOW_DISABLE_TELEMETRY=true MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false MPLBACKEND=Agg \
    NO_ALBUMENTATIONS_UPDATE=1 RAY_USAGE_STATS_ENABLED=0
WORKDIR /work
CMD ["hairline", "--help"]

# hairline itself is the last and smallest layer: a change of its code leaves the packages as they are
FROM system AS cuda
COPY --from=packages-cuda /opt/hairline /opt/hairline
RUN --mount=type=bind,target=/source,rw \
    uv pip install --no-cache --no-deps --compile-bytecode /source
USER 1000

FROM system AS cpu
COPY --from=packages-cpu /opt/hairline /opt/hairline
RUN --mount=type=bind,target=/source,rw \
    uv pip install --no-cache --no-deps --compile-bytecode /source
USER 1000
