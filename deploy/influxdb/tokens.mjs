// Makes the tokens by which the program and Grafana reach InfluxDB, with no more rights than they need, and writes
// each to its own volume. InfluxDB chooses a token's text itself, so it cannot lie among the secrets beforehand.
// What is there and works is left alone; a token that no longer works (a restored database) is made anew.
//
//   node tokens.mjs host=NAME writer=FILE reader=FILE     ENERGY_INFLUX_URL, _ORG, _BUCKET; the operator's _TOKEN_FILE
//
// host: whose tokens these are. Each host that has the volumes has tokens of its own.
import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";

const rights = { writer: ["read", "write"], reader: ["read"] };
// Each file lies in a volume that only its reader mounts; the reader's user is not ours.
const modes = { writer: 0o400, reader: 0o444 };

async function ask({ url, token }, path, init = {}) {
  const response = await fetch(`${url}/api/v2/${path}`, {
    ...init,
    headers: { authorization: `Token ${token}`, "content-type": "application/json" },
    signal: AbortSignal.timeout(30_000),
  });
  if (response.status === 204 || response.status === 404) return undefined;
  const answer = await response.json();
  if (!response.ok)
    throw new Error(`InfluxDB ${init.method ?? "GET"} ${path}: ${response.status} ${answer.message}`);
  return answer;
}

async function bucketOf(target, { org, bucket }) {
  const query = new URLSearchParams({ org, name: bucket });
  const found = (await ask(target, `buckets?${query}`))?.buckets?.[0];
  if (!found)
    throw new Error(
      `InfluxDB has no bucket "${bucket}" in the organisation "${org}": make it, with no retention`,
    );
  const limit = found.retentionRules?.find((rule) => rule.everySeconds > 0);
  if (limit)
    throw new Error(
      `bucket "${bucket}" deletes after ${limit.everySeconds} s: readings are kept for good; set retention 0`,
    );
  return found;
}

async function works(options, file) {
  if (!existsSync(file)) return false;
  const token = readFileSync(file, "utf8").trim();
  const response = await fetch(
    `${options.url}/api/v2/buckets?${new URLSearchParams({ name: options.bucket })}`,
    {
      headers: { authorization: `Token ${token}` },
      signal: AbortSignal.timeout(30_000),
    },
  );
  if (response.status !== 200 && response.status !== 401)
    throw new Error(`InfluxDB GET buckets: ${response.status}: is it up?`);
  return response.status === 200 && (await response.json()).buckets?.length === 1;
}

async function make(target, bucket, name, host) {
  const description = `county-energy-monitor ${name} of ${host}`;
  const { authorizations } = await ask(
    target,
    `authorizations?${new URLSearchParams({ orgID: bucket.orgID })}`,
  );
  for (const old of authorizations.filter((one) => one.description === description))
    await ask(target, `authorizations/${old.id}`, { method: "DELETE" });
  const permissions = rights[name].map((action) => ({
    action,
    resource: { type: "buckets", id: bucket.id, orgID: bucket.orgID },
  }));
  const body = JSON.stringify({ orgID: bucket.orgID, description, permissions });
  return (await ask(target, "authorizations", { method: "POST", body })).token;
}

/** Sees to it that each file holds a token that works, and returns the names of those it made. */
async function prepareTokens(options, files) {
  const operator = { url: options.url, token: options.token };
  const bucket = await bucketOf(operator, options);
  const made = [];
  for (const [name, file] of Object.entries(files)) {
    if (!(name in rights)) throw new Error(`${name}: there is a writer and a reader`);
    if (await works(options, file)) continue;
    const token = await make(operator, bucket, name, options.host);
    writeFileSync(`${file}.new`, token, { mode: modes[name] });
    chmodSync(`${file}.new`, modes[name]);
    renameSync(`${file}.new`, file);
    made.push(name);
  }
  return made;
}

function given(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

async function main() {
  const { host = "county", ...files } = Object.fromEntries(
    process.argv.slice(2).map((argument) => argument.split("=", 2)),
  );
  const options = {
    host,
    url: given("ENERGY_INFLUX_URL"),
    org: given("ENERGY_INFLUX_ORG"),
    bucket: given("ENERGY_INFLUX_BUCKET"),
    token: readFileSync(given("ENERGY_INFLUX_TOKEN_FILE"), "utf8").trim(),
  };
  const made = await prepareTokens(options, files);
  console.log(made.length === 0 ? "tokens: all there" : `tokens: made ${made.join(", ")}`);
}

await main().catch((error) => {
  console.error(`tokens: ${error.message}${error.cause ? `: ${error.cause.message}` : ""}`);
  process.exitCode = 1;
});
