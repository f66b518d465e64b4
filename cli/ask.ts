/** Asks the process that works in a data directory to do something; its answer comes line by line. */
import { once } from "node:events";
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { pipeline } from "node:stream/promises";
import type { Occupant } from "../adapters/data-directory.ts";
import { UsageError } from "../model/errors.ts";

/** What a command shows of itself to the process it asks. */
export function proofFor({ token }: Occupant): Record<string, string> {
  if (token === undefined) return {};
  return { authorization: `Basic ${Buffer.from(`command:${token}`).toString("base64")}` };
}

type Body = string | AsyncIterable<Uint8Array>;

/** Without a deadline, unlike `fetch`: before its first line, and between two, the process may work for long. */
function post(occupant: Occupant, path: string, type: string, body: Body): ClientRequest {
  const asked = request(`${occupant.url}/api/v1/admin/${path}`, {
    method: "POST",
    headers: { "content-type": type, ...proofFor(occupant) },
  });
  // Who refuses need not read to the end: what he answers tells more than the broken pipe.
  pipeline(typeof body === "string" ? [body] : body, asked).catch(() => undefined);
  return asked;
}

async function textOf(response: AsyncIterable<string>): Promise<string> {
  let text = "";
  for await (const chunk of response) text += chunk;
  return text;
}

/** Fails when the answer breaks off: half a reconciliation must not look like one without a difference. */
async function* linesOf(response: AsyncIterable<string>): AsyncGenerator<object> {
  let rest = "";
  for await (const chunk of response) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      const item = JSON.parse(line) as { error?: { detail?: string } };
      if (item.error) throw new Error(item.error.detail ?? line);
      yield item;
    }
  }
}

/** @throws UsageError with what the process refuses it for */
export async function* ask(
  occupant: Occupant,
  path: string,
  type: string,
  body: Body,
): AsyncGenerator<object> {
  const asked = post(occupant, path, type, body);
  try {
    const [response] = (await once(asked, "response")) as [IncomingMessage];
    response.setEncoding("utf8");
    if (response.statusCode !== 200) {
      const problem = JSON.parse(await textOf(response)) as { detail?: string };
      throw new UsageError(problem.detail ?? `${path}: HTTP ${response.statusCode}`);
    }
    yield* linesOf(response);
  } finally {
    // What nobody reads any more would keep the command from ending.
    asked.destroy();
  }
}
