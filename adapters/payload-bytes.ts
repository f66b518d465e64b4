/** SHA-256 and base64 by Node. */
import { createHash } from "node:crypto";

/** What rejects keep of a payload: its hash as hex, and its bytes as base64. */
export const payloadBytes = {
  sha256: (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex"),
  base64: (bytes: Uint8Array): string =>
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64"),
  fromBase64: (text: string): Uint8Array => Buffer.from(text, "base64"),
} as const;
