/** Looks whether the InfluxDB that was named can be used, before anything relies on it. */
import { createInfluxClient } from "./client.ts";
import type { InfluxOptions } from "./options.ts";

/**
 * Checks that the server answers, that the bucket is there, and that the token may read it and, `forWriting`,
 * write it. A missing bucket would otherwise look like an empty one to some questions.
 * @throws Error that says what is wrong and what to do; TransientError when the server does not answer
 */
export async function prepareInflux(options: InfluxOptions, forWriting: boolean): Promise<void> {
  const client = createInfluxClient(options);
  try {
    await client.ask([`SELECT "parts" FROM "fact" WHERE "name"='' LIMIT 1`], () => undefined);
    if (forWriting) await client.write([], "ms");
  } finally {
    client.close();
  }
}
