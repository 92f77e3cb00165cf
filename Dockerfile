# The bot alone; docker-compose.yml puts Valkey beside it. Without PIGEON_REDIS_URL it starts its own, in /data.
# glibc, not Alpine: the embedded Valkey has no package for musl.
# A tag, because this file is built on many kinds of machine; pin a digest where your policy asks for it.
ARG PYTHON=3.13

FROM python:${PYTHON}-slim AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY requirements requirements
COPY docker docker
COPY bot bot
COPY adapters adapters
# --build-arg LOCK=semantic adds what subscriptions by meaning need.
ARG LOCK=run
RUN sh docker/install.sh /source /opt/pigeon "$LOCK"

FROM python:${PYTHON}-slim
LABEL org.opencontainers.image.title="Paper Pigeon" \
      org.opencontainers.image.description="Paper alerts for research teams, in Discord and Slack" \
      org.opencontainers.image.licenses="MIT"
RUN useradd --system --uid 10001 --user-group --home-dir /data --no-create-home pigeon \
    && install --directory --mode 0700 --owner pigeon --group pigeon /data
COPY --from=build /opt/pigeon /opt/pigeon
ENV PATH="/opt/pigeon/bin:$PATH" \
    PYTHONUNBUFFERED=1 \
    PIGEON_DATA_DIR=/data
WORKDIR /data
VOLUME /data
USER pigeon
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 CMD ["pigeon", "health"]
ENTRYPOINT ["pigeon"]
CMD ["run"]
