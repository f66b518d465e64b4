/** Headers that every answer carries. */
import helmet from "@fastify/helmet";
import type { FastifyInstance } from "fastify";

/** A year, as browsers' preload lists ask for at least. */
const HSTS_SECONDS = 31_536_000;

/** The page is whole in its own files: nothing from elsewhere, nothing inline, in nobody's frame. */
const contentPolicy = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'self'"],
    frameAncestors: ["'none'"],
    imgSrc: ["'self'", "data:"],
    objectSrc: ["'none'"],
    scriptSrc: ["'self'"],
    scriptSrcAttr: ["'none'"],
    styleSrc: ["'self'"],
  },
};

/** Adds them; with TLS browsers are also told never to come without it. */
export async function addHeaders(app: FastifyInstance, tls: boolean): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: contentPolicy,
    strictTransportSecurity: tls ? { maxAge: HSTS_SECONDS, includeSubDomains: false } : false,
    frameguard: { action: "deny" },
    referrerPolicy: { policy: "no-referrer" },
    // Means something only on HTTPS and on this machine; elsewhere browsers warn of it.
    originAgentCluster: false,
    crossOriginOpenerPolicy: tls ? { policy: "same-origin" } : false,
  });
  app.addHook("onRequest", async (_request, reply) => {
    reply.header("permissions-policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()");
  });
}
