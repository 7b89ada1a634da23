# An image with FCEUX, the virtual environment, the headless engine and what training needs.
#   docker build -t copain-gym .
#   mkdir -p videos
#   docker run --rm --user "$(id -u):$(id -g)" -v "$PWD/videos:/copain-gym/videos" copain-gym demo
FROM debian:12-slim
WORKDIR /copain-gym
# Without what only the tests need.
ENV EXTRAS=train,video

# What is large and seldom changes comes first: an edit repeats only what comes after it.
COPY scripts/system_packages.sh scripts/
RUN apt-get update -q && apt-get install -q -y --no-install-recommends python3 \
    && scripts/system_packages.sh \
    && rm -rf /var/lib/apt/lists/*
COPY pyproject.toml constraints.txt ./
COPY scripts/python_packages.sh scripts/torch.sh scripts/requirements.py scripts/
RUN PIP_NO_CACHE_DIR=1 scripts/python_packages.sh

# The engine lies where each user of the image finds it. Building downloads a few megabytes with apt.
ENV COPAIN_CACHE=/copain-gym/cache
COPY CMakeLists.txt README.md LICENSE ./
COPY scripts scripts
COPY agents agents
COPY engine engine
COPY lua lua
COPY copain_gym copain_gym
RUN scripts/setup.sh && rm -rf /var/lib/apt/lists/*

# Docs, examples, tests. Results may be written by any user that `docker run --user` names.
COPY . .
RUN useradd --create-home copain && mkdir -p runs videos && chmod 1777 runs videos
USER copain
ENTRYPOINT [".venv/bin/copain"]
CMD ["doctor"]
