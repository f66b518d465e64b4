/** The key that signs the links of notices: from the secrets file, or made once and kept in the data directory. */
import { randomBytes } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../model/errors.ts";

/** 256 bits in base64url. */
const form = /^[\w-]{43}$/;

function readKey(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Makes the file whole or not at all; where another process was faster, its key holds. */
function makeKey(directory: string, file: string): void {
  mkdirSync(directory, { recursive: true });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${randomBytes(32).toString("base64url")}\n`, { mode: 0o600, flush: true });
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * The key of links. With another key every link that is out becomes invalid: delete the file, or change `linkKey`, when
 * the key may have leaked.
 * @throws UsageError when the file holds no key
 */
export function loadLinkKey(directory: string, given?: string): Buffer {
  if (given !== undefined) return Buffer.from(given, "utf8");
  const file = join(directory, "link-key");
  if (readKey(file) === undefined) makeKey(directory, file);
  const text = readKey(file) ?? "";
  if (!form.test(text)) throw new UsageError(`${file} holds no key: delete it, and a new one is made`);
  return Buffer.from(text, "utf8");
}
