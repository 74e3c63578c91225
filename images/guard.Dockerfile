# The guard, which installs itself on the node (manifests/base/guard.yaml). One executable with its runtime in it.
#   docker build -f images/guard.Dockerfile -t socni-guard .
FROM --platform=$BUILDPLATFORM node:24-bookworm-slim AS build
ARG TARGETARCH
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY . .
RUN case "$TARGETARCH" in amd64) machine=x64 ;; arm64) machine=arm64 ;; *) exit 1 ;; esac \
 && npm run -s build:plugin -- "linux-$machine-glibc" \
 && cp "dist/plugin/linux-$machine-glibc/socni" /socni

FROM gcr.io/distroless/base-nossl-debian12
COPY --from=build /socni /socni
ENTRYPOINT ["/socni"]
