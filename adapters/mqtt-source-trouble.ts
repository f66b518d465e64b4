/** What went wrong with the broker, in words that say what to do. */
import { TransientError } from "../model/errors.ts";

/** Where the broker is and as whom it is asked; never the password. */
export interface BrokerPlace {
  readonly url: string;
  readonly clientId: string;
  readonly username: string | undefined;
}

/** What to do, by the error code of the socket, OpenSSL or CONNACK. */
const advice: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there; start the broker, or mend address and port",
  ENOTFOUND: "no such host; mend the address",
  EAI_AGAIN: "the name server does not answer; mend the address, or wait for the network",
  ETIMEDOUT: "no answer; check address, port and firewall",
  EHOSTUNREACH: "no way to that host; check address and network",
  ECONNRESET:
    "the broker broke off without an answer; check whether that port speaks TLS, and the broker's log",
  CERT_HAS_EXPIRED: "the broker's certificate has expired; renew it and restart the broker",
  CERT_NOT_YET_VALID: "the broker's certificate is not valid yet; check the clocks of both machines",
  ERR_TLS_CERT_ALTNAME_INVALID:
    "the broker's certificate is for another name; use that name in the address, give it as server name, or make a certificate for this one",
  DEPTH_ZERO_SELF_SIGNED_CERT:
    "the broker's certificate signs itself; give it as CA file, or use one of your CA",
  ERR_SSL_WRONG_VERSION_NUMBER: "no TLS is spoken there; use the broker's port with TLS",
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    "the broker wants a client certificate; give certificate and key files",
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA:
    "the broker does not know the CA of our client certificate; use one of its CA",
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: "our client certificate has expired; renew it",
};

const unknownCa =
  "the broker's certificate is not of the CA we were given; give the CA that signed it, and trust no other";
for (const code of [
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "CERT_SIGNATURE_FAILURE",
])
  (advice as Record<string, string>)[code] = unknownCa;

function connackAdvice(code: number, { username, clientId }: BrokerPlace): string {
  const who = username === undefined ? "without a user name" : `as user ${username}`;
  // MQTT 3.1.1 §3.2.2.3, MQTT 5 §3.2.2.2.
  if (code === 1 || code === 132) return "it does not speak this version of MQTT; choose the other";
  if (code === 2 || code === 133) return `it does not take the client id ${clientId}; choose another`;
  if (code === 3 || code === 136) return "it is not available; look into its log";
  if (code === 4 || code === 5 || code === 134 || code === 135)
    return `it does not let us in ${who}; mend user name and password, or write the broker's files anew`;
  return `it refuses us with code ${code}; look into its log`;
}

/** An error of connecting, with what to do; `mqtt-refused` when the broker answered, else `mqtt-unreachable`. */
export function connectTrouble(place: BrokerPlace, cause: unknown): TransientError {
  const { code, message } = cause as { code?: number | string; message?: string };
  if (typeof code === "number" && code < 256)
    return new TransientError("mqtt-refused", `${place.url}: ${connackAdvice(code, place)}`, { cause });
  const what = message ?? String(cause);
  const todo = (typeof code === "string" && advice[code]) || "check that the broker runs there";
  return new TransientError("mqtt-unreachable", `${place.url}: ${todo} (${what})`, { cause });
}

/** A connection that ended after so many milliseconds without our doing. */
export function lostTrouble(place: BrokerPlace, afterMs: number, cause?: Error): TransientError {
  const why = cause ? `the connection broke: ${cause.message}` : "the broker closed the connection";
  const hint =
    !cause && afterMs < 30_000
      ? `; if this goes on, look for another collector with the client id ${place.clientId}`
      : "";
  return new TransientError("mqtt-lost", `${place.url}: ${why}${hint}`);
}

/** A connection that we ended because the log did not take a message. */
export function notLoggedTrouble(place: BrokerPlace, cause: Error): TransientError {
  const what = `${place.url}: disconnected, since the log takes no messages: ${cause.message}`;
  return new TransientError("mqtt-not-logged", what, { cause });
}

/** Filters that the broker does not grant. */
export function filterTrouble(place: BrokerPlace, filters: readonly string[]): string {
  const shown = filters.slice(0, 5).join(", ") + (filters.length > 5 ? " …" : "");
  const who = place.username ?? "anybody";
  return `${place.url}: it does not grant ${filters.length} topic filters with QoS 1: ${shown}; let ${who} read them`;
}
