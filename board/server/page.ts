/** The board's page, and what is answered where there is nothing. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import files from "@fastify/static";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { notFound, sendProblem } from "./problem.ts";

/** A path that a browser was sent to, and not a file that a page asked for. */
function isPagePath(request: FastifyRequest): boolean {
  const path = request.url.split("?", 1)[0] ?? "";
  const isRead = request.method === "GET" || request.method === "HEAD";
  return isRead && !/^\/api(\/|$)/.test(path) && !/\.[^/]*$/.test(path);
}

/** Serves the built page from `root` where there is one; its own paths lead to index.html. */
export async function addPage(app: FastifyInstance, root: string | undefined): Promise<void> {
  const hasPage = root !== undefined && existsSync(join(root, "index.html"));
  if (hasPage) {
    // The page has the sign-in form, and no figures: those it asks the API for.
    app.addHook("onRoute", (route) => {
      if (route.url === "/*") route.config = { ...route.config, access: "open" };
    });
    await app.register(files, {
      root,
      preCompressed: true,
      // The files keep their names from build to build, so that each use asks whether they changed.
      cacheControl: false,
      setHeaders: (response) => {
        response.setHeader("cache-control", "no-cache");
        response.setHeader("vary", "accept-encoding");
      },
    });
  }
  app.setNotFoundHandler((request: FastifyRequest, reply: FastifyReply) => {
    if (hasPage && isPagePath(request)) return reply.code(200).sendFile("index.html");
    return sendProblem(reply, notFound(request));
  });
}
