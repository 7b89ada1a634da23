# An image with everything: FCEUX, the virtual environment, the headless engine.
#   docker build -t copain-gym .
#   docker run --rm -v "$PWD/videos:/copain-gym/videos" copain-gym demo
FROM debian:12-slim
WORKDIR /copain-gym
COPY . .
RUN apt-get update -q && apt-get install -q -y --no-install-recommends python3 \
    && scripts/setup.sh \
    && rm -rf /var/lib/apt/lists/*
ENTRYPOINT [".venv/bin/copain"]
CMD ["doctor"]
