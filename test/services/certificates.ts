/** Certificates for tests of TLS, made by the openssl program. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Paths of PEM files; the key is PKCS #8, unencrypted. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

export interface Certificates {
  /** Signs all but the pairs of the other one. */
  readonly ca: KeyPair;
  /** For 127.0.0.1, ::1 and localhost. */
  readonly server: KeyPair;
  readonly client: KeyPair;
  /** Of the right authority and for the right names, but over since yesterday. */
  readonly expiredServer: KeyPair;
  readonly expiredClient: KeyPair;
  /** An authority nobody here trusts, and what it signed. */
  readonly wrongCa: KeyPair;
  readonly wrongServer: KeyPair;
  readonly wrongClient: KeyPair;
  /** A client certificate with this common name. */
  clientNamed(commonName: string): KeyPair;
  /** The text of a PEM file. */
  read(path: string): string;
}

function openssl(args: readonly string[]): void {
  try {
    execFileSync("openssl", args, { stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    throw new Error(`openssl ${args.join(" ")}: ${(error as { stderr?: Buffer }).stderr ?? String(error)}`);
  }
}

function authority(dir: string, name: string): KeyPair {
  const pair = { cert: join(dir, `${name}.pem`), key: join(dir, `${name}.key`) };
  const made = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "3650"];
  const usage = ["-addext", "keyUsage=critical,keyCertSign,cRLSign"];
  openssl([
    "req",
    "-x509",
    ...made,
    "-subj",
    `/CN=${name}`,
    ...usage,
    "-keyout",
    pair.key,
    "-out",
    pair.cert,
  ]);
  return pair;
}

interface Wish {
  readonly file: string;
  readonly commonName: string;
  readonly usage: "serverAuth" | "clientAuth";
  readonly days: number;
}

function issue(dir: string, ca: KeyPair, wish: Wish): KeyPair {
  const pair = { cert: join(dir, `${wish.file}.pem`), key: join(dir, `${wish.file}.key`) };
  const request = join(dir, `${wish.file}.csr`);
  const extensions = join(dir, `${wish.file}.ext`);
  const names = wish.usage === "serverAuth" ? "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1\n" : "";
  writeFileSync(extensions, `basicConstraints=CA:FALSE\nextendedKeyUsage=${wish.usage}\n${names}`);
  const made = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl(["req", ...made, "-subj", `/CN=${wish.commonName}`, "-keyout", pair.key, "-out", request]);
  const signer = ["-CA", ca.cert, "-CAkey", ca.key, "-CAcreateserial", "-days", String(wish.days)];
  openssl(["x509", "-req", "-in", request, ...signer, "-extfile", extensions, "-out", pair.cert]);
  return pair;
}

/** Makes an authority, a server's, clients', expired and wrongly signed certificates in the folder. */
export function makeCertificates(dir: string): Certificates {
  mkdirSync(dir, { recursive: true });
  const ca = authority(dir, "ca");
  const wrongCa = authority(dir, "wrong-ca");
  const server = (file: string, by: KeyPair, days: number) =>
    issue(dir, by, { file, commonName: "localhost", usage: "serverAuth", days });
  const client = (file: string, by: KeyPair, days: number, commonName = "client") =>
    issue(dir, by, { file, commonName, usage: "clientAuth", days });
  return {
    ca,
    server: server("server", ca, 365),
    client: client("client", ca, 365),
    expiredServer: server("expired-server", ca, -1),
    expiredClient: client("expired-client", ca, -1),
    wrongCa,
    wrongServer: server("wrong-server", wrongCa, 365),
    wrongClient: client("wrong-client", wrongCa, 365),
    clientNamed: (commonName) =>
      client(`client-${commonName.replace(/[^A-Za-z0-9-]/g, "_")}`, ca, 365, commonName),
    read: (path) => readFileSync(path, "utf8"),
  };
}
