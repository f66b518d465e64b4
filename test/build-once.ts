/** Builds `dist/` once before the tests, since many of them start the real program. */
export async function setup(): Promise<void> {
  const { buildAll, isStale } = await import("../scripts/build.mjs" as string);
  if (isStale()) await buildAll();
}
