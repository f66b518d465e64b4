/** A Mosquitto with TLS that lets in the gateways of a registry and the collector, by the generated files. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeBrokerFiles } from "../../config/broker-files.ts";
import { collectorFilters } from "../../config/collector-filters.ts";
import { containerPlaces, mosquittoConf } from "../../config/mosquitto.ts";
import type { Registry } from "../../model/registry.ts";
import { type Certificates, type KeyPair, makeCertificates } from "../services/certificates.ts";
import { type MosquittoService, startMosquitto } from "../services/mosquitto.ts";

export interface CountyBroker extends MosquittoService {
  /** `mqtts://127.0.0.1:port` */
  readonly secureUrl: string;
  readonly certificates: Certificates;
  /** Passwords of the gateways, by user name. */
  readonly passwords: ReadonlyMap<string, string>;
  /** What the collector needs to connect. */
  readonly collector: {
    readonly clientId: string;
    readonly username: string;
    readonly password: string;
    readonly tls: { readonly ca: string };
    readonly filters: readonly string[];
  };
  /** Writes the files anew for another registry and tells Mosquitto. */
  follow(registry: Registry): Promise<void>;
}

export interface CountyBrokerOptions {
  readonly requireCertificate?: boolean;
  /** The server's certificate; by default a good one. */
  readonly server?: (certificates: Certificates) => KeyPair;
  /** Lines behind the generated ones. */
  readonly lines?: readonly string[];
}

/** Starts it on a free port; `stop` removes the files too. */
export async function startCountyBroker(
  registry: Registry,
  options: CountyBrokerOptions = {},
): Promise<CountyBroker> {
  const folder = mkdtempSync(join(tmpdir(), "energy-county-broker-"));
  const certificates = makeCertificates(join(folder, "certificates"));
  const server = options.server?.(certificates) ?? certificates.server;
  const files = join(folder, "mosquitto");
  const requireCertificate = options.requireCertificate ?? false;
  const write = (of: Registry) =>
    writeBrokerFiles({
      registry: of,
      directory: files,
      places: containerPlaces,
      requireCertificate,
      secretsFile: join(folder, "secrets.yaml"),
      newPasswordsFile: join(folder, "new-passwords.yaml"),
      collector: "collector",
      collectorPasswordFile: join(folder, "collector-password"),
    });
  await write(registry);
  const { ca } = certificates;
  const service = await startMosquitto({
    readable: [files, ca.cert, server.cert, server.key],
    config: ({ ports, bind, folder: data }) => {
      const places = {
        port: ports[0]!,
        bind,
        files,
        data,
        ca: ca.cert,
        certificate: server.cert,
        key: server.key,
      };
      return [mosquittoConf(places, requireCertificate), ...(options.lines ?? []), ""].join("\n");
    },
  });
  const text = readFileSync(join(folder, "new-passwords.yaml"), "utf8");
  const own = Object.getOwnPropertyDescriptors(service);
  return Object.defineProperties({} as CountyBroker, {
    ...own,
    secureUrl: { value: service.url.replace("mqtt:", "mqtts:") },
    certificates: { value: certificates },
    passwords: {
      value: new Map(
        [...text.matchAll(/^([^#:]+): "(.+)"$/gm)].map(([, user, password]) => [user, password]),
      ),
    },
    collector: {
      value: {
        clientId: "collector",
        username: "collector",
        password: readFileSync(join(folder, "collector-password"), "utf8").trim(),
        tls: { ca: certificates.read(ca.cert) },
        filters: collectorFilters(registry),
      },
    },
    follow: {
      value: async (changed: Registry) => {
        await write(changed);
        process.kill(service.pid, "SIGHUP");
      },
    },
    stop: {
      value: async () => {
        await service.stop();
        rmSync(folder, { recursive: true, force: true });
      },
    },
  });
}
