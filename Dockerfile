# One image for the four services, the auditor, the clock, the jobs and the `silkway` command: what runs is the command's choice.
ARG BASE=python:3.11-slim-bookworm
FROM ${BASE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore \
    UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 UV_PYTHON_DOWNLOADS=never
WORKDIR /build
COPY deploy/compose/requirements-build.lock ./
RUN --mount=type=cache,target=/root/.cache pip install --require-hashes -r requirements-build.lock
COPY deploy/compose/requirements.lock ./
RUN --mount=type=cache,target=/root/.cache \
    uv venv /opt/silkway && uv pip install --python /opt/silkway --require-hashes -r requirements.lock
COPY libs libs
COPY services services
COPY deploy/embedded deploy/embedded
RUN pip wheel --no-deps --no-build-isolation --wheel-dir wheels ./libs/* ./services/* ./deploy/embedded && \
    uv pip install --python /opt/silkway --no-deps wheels/*.whl

FROM ${BASE}
RUN useradd --system --uid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin silkway
COPY LICENSE /usr/share/doc/silkway/LICENSE
COPY --from=build /opt/silkway /opt/silkway
ENV PATH=/opt/silkway/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001
CMD ["silkway", "--help"]
