// Builds everything that runs: the program and its threads, and the board's page. `--if-stale` skips the
// work when nothing changed since the last build.
import { existsSync, readdirSync, statSync } from "node:fs";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = join(root, "dist");
const stamp = join(dist, ".built");

const sources = [...readdirSync(root).filter((name) => name.endsWith(".ts")), "package-lock.json"];
const sourceFolders = [
  "app",
  "cli",
  "model",
  "ingest",
  "processors",
  "alerts",
  "adapters",
  "board",
  "config",
  "demo",
  "bench",
  "dashboards/builder",
  "test/chaos",
  "test/services",
  "scripts",
];

function newest(path) {
  if (!existsSync(path)) return 0;
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  let latest = stat.mtimeMs;
  for (const name of readdirSync(path)) latest = Math.max(latest, newest(join(path, name)));
  return latest;
}

export function isStale() {
  if (!existsSync(stamp)) return true;
  const built = statSync(stamp).mtimeMs;
  return [...sources, ...sourceFolders].some((path) => newest(join(root, path)) > built);
}

async function buildPrograms() {
  const optional = {
    bench: "bench/main.ts",
    chaos: "test/chaos/main.ts",
    publisher: "bench/publisher.ts",
    dashboards: "dashboards/builder/main.ts",
  };
  const entryPoints = {
    main: "./main.ts",
    "app-writer": "./app/writer.ts",
    "app-reader": "./app/reader.ts",
    "app-demo": "./app/demo.ts",
    "app-desk": "./app/desk.ts",
  };
  for (const [name, path] of Object.entries(optional))
    if (existsSync(join(root, path))) entryPoints[name] = `./${path}`;
  await build({
    absWorkingDir: root,
    entryPoints,
    outdir: dist,
    bundle: true,
    splitting: true,
    packages: "external",
    platform: "node",
    format: "esm",
    target: "node20",
    sourcemap: true,
    logLevel: "warning",
  });
}

async function buildBoard() {
  const web = join(root, "board/web");
  if (!existsSync(join(web, "main.tsx"))) return;
  const out = join(dist, "web");
  await mkdir(out, { recursive: true });
  await build({
    absWorkingDir: root,
    entryPoints: { app: "board/web/main.tsx" },
    outdir: out,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    jsx: "automatic",
    jsxImportSource: "preact",
    loader: { ".css": "css", ".json": "json" },
    legalComments: "none",
    logLevel: "warning",
  });
  await cp(join(web, "index.html"), join(out, "index.html"));
  if (existsSync(join(web, "assets"))) await cp(join(web, "assets"), out, { recursive: true });
  for (const name of readdirSync(out)) {
    if (!/\.(js|css|html|json|svg)$/.test(name)) continue;
    const content = await readFile(join(out, name));
    await writeFile(join(out, `${name}.gz`), gzipSync(content));
    await writeFile(join(out, `${name}.br`), brotliCompressSync(content));
  }
}

export async function buildAll() {
  await rm(dist, { recursive: true, force: true });
  await Promise.all([buildPrograms(), buildBoard()]);
  await writeFile(stamp, new Date().toISOString());
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (!process.argv.includes("--if-stale") || isStale()) await buildAll();
}
