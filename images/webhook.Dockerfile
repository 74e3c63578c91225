# The admission webhook: TypeScript as it is, which Node 22.18 and later run without a build.
#   docker build -f images/webhook.Dockerfile -t socni-webhook .
FROM --platform=$BUILDPLATFORM node:24-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts

FROM gcr.io/distroless/nodejs24-debian12:nonroot
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY package.json ./
COPY src src
COPY webhook webhook
COPY examples/policy examples/policy
EXPOSE 8443
ENTRYPOINT ["/nodejs/bin/node", "webhook/main.ts"]
