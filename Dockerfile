# syntax=docker/dockerfile:1
# One image for every role. To pin by digest as well: docker build --build-arg NODE_IMAGE=node:22.23.2-bookworm-slim@sha256:…
ARG NODE_IMAGE=node:22.23.2-bookworm-slim

# Scripts of packages are not run: nothing here needs one, and a hijacked package could use one. Not `npm ci`: it
# refuses a lock file that leaves out optional binaries of other platforms, as ours does; versions and checksums of
# what is installed come from the lock file either way.
FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm install --ignore-scripts --no-audit
COPY . .
RUN npm run build && npm prune --omit=dev --ignore-scripts && rm -rf dist/bench.js dist/bench.js.map dist/chaos.js dist/chaos.js.map dist/publisher.js dist/publisher.js.map

FROM ${NODE_IMAGE}
LABEL org.opencontainers.image.title="county-energy-monitor" org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production
WORKDIR /app
# A volume that is mounted here the first time takes over the owner.
RUN install -d -o 10001 -g 10001 /tokens /tokens/writer /tokens/reader /data
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json LICENSE ./
COPY config/defaults ./config/defaults
COPY config/example ./config/example
COPY deploy/health.mjs ./deploy/health.mjs
COPY deploy/influxdb ./deploy/influxdb
USER 10001:10001
EXPOSE 8080 8883
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --start-interval=2s --retries=3 CMD ["node", "deploy/health.mjs"]
# Room for what is new: a step's readings are in use until they are written, and would be copied several times.
ENTRYPOINT ["node", "--enable-source-maps", "--max-semi-space-size=64", "dist/main.js"]
CMD ["run"]
