/** Builds `dist/` once before the tests, since many of them start the real program; SKIP_BUILD=1 leaves it. */
export async function setup(): Promise<void> {
  if (process.env.SKIP_BUILD === "1") return;
  const { buildAll, isStale } = await import("../scripts/build.mjs" as string);
  if (isStale()) await buildAll();
}
