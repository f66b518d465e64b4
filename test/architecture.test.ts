/** Imports point one way: everything to model/, only the composition root to the adapters. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { projectRoot } from "./program.ts";

/** What a folder may import beside itself: other folders, and packages or Node's own modules. */
const rules: Record<string, { folders: readonly string[]; packages: readonly string[] }> = {
  model: { folders: [], packages: ["zod"] },
  processors: { folders: ["model"], packages: [] },
  ingest: { folders: ["model"], packages: ["csv-parse"] },
  config: { folders: ["model"], packages: ["zod", "yaml", "node:"] },
  alerts: { folders: ["model"], packages: ["zod", "node:crypto"] },
  demo: { folders: ["model"], packages: ["node:"] },
  dashboards: {
    folders: ["model", "config"],
    packages: ["@grafana/grafana-foundation-sdk", "yaml", "node:"],
  },
  board: {
    folders: ["model"],
    packages: ["zod", "fastify", "@fastify/", "node:", "preact", "@preact/", "echarts"],
  },
  adapters: {
    folders: ["model"],
    packages: [
      "node:",
      "aedes",
      "mqtt",
      "@photostructure/sqlite",
      "kafkajs",
      "@influxdata/influxdb-client",
      "nodemailer",
      "pino",
      "prom-client",
    ],
  },
};

function sourcesIn(folder: string): string[] {
  return readdirSync(join(projectRoot, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name) && !name.endsWith(".d.ts"))
    .map((name) => join(folder, name));
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(projectRoot, file), "utf8");
  return [...text.matchAll(/^(?:import|export)\b[^;]*?\bfrom\s+"([^"]+)"|^import\s+"([^"]+)"/gm)].map(
    (match) => match[1] ?? match[2]!,
  );
}

function violations(folder: string): string[] {
  const { folders, packages } = rules[folder]!;
  const found: string[] = [];
  for (const file of sourcesIn(folder)) {
    for (const specifier of importsOf(file)) {
      if (specifier.startsWith(".")) {
        const target = relative(projectRoot, resolve(projectRoot, dirname(file), specifier)).split("/")[0]!;
        if (target !== folder && !folders.includes(target)) found.push(`${file} imports ${specifier}`);
      } else if (
        !packages.some(
          (allowed) =>
            specifier === allowed ||
            specifier.startsWith(allowed.endsWith(":") || allowed.endsWith("/") ? allowed : `${allowed}/`),
        )
      ) {
        found.push(`${file} imports ${specifier}`);
      }
    }
  }
  return found;
}

describe("imports point one way", () => {
  test.each(Object.keys(rules))("%s", (folder) => {
    expect(sourcesIn(folder).length).toBeGreaterThan(0);
    expect(violations(folder)).toEqual([]);
  });

  test("nothing at the root but what starts and what wires", () => {
    const root = readdirSync(projectRoot).filter((name) => name.endsWith(".ts"));
    expect(root.sort()).toEqual(["app.ts", "main.ts", "vitest.config.ts"]);
  });

  test("only app/ and cli/ are beside the folders that have rules", () => {
    const others = ["app", "bench", "cli", "test"];
    const folders = readdirSync(projectRoot, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !["node_modules", "dist"].includes(entry.name))
      .map(({ name }) => name)
      .filter((name) => !name.startsWith(".") && sourcesIn(name).length > 0);
    expect(folders.sort()).toEqual([...Object.keys(rules), ...others].sort());
  });

  test("the core asks no clock and writes no log, but for what is deferred", () => {
    const impure =
      /\bDate\.now\(|\bnew Date\(\)|\bconsole\.|\bprocess\.|\bsetTimeout\(|\bsetInterval\(|\bMath\.random\(/;
    const core = ["model", "processors", "ingest", "alerts"].flatMap(sourcesIn);
    const found = core.filter((file) => impure.test(readFileSync(join(projectRoot, file), "utf8")));
    expect(found.sort()).toEqual([
      "alerts/deliver/deliverer.ts",
      "ingest/append-queue.ts",
      "processors/runner.ts",
      "processors/shares/changed.ts",
      "processors/shares/readings.ts",
    ]);
  });
});
