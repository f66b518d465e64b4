/** Mosquitto's configuration and access list, made from the registry (mosquitto.conf(5), version 2.0 and later). */
import type { Problem } from "../model/errors.ts";
import type { Registry } from "../model/registry.ts";
import { collectorFilters } from "./collector-filters.ts";
import { reportOn } from "./report.ts";

/** Where Mosquitto finds its files, as it sees them itself. */
export interface MosquittoPlaces {
  readonly port: number;
  /** Address to listen on; absent: every one. */
  readonly bind?: string;
  /** Folder of `passwd` and `acl`. */
  readonly files: string;
  /** Folder that keeps sessions and queues. */
  readonly data: string;
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

/** The places in `docker-compose.yml`. */
export const containerPlaces: MosquittoPlaces = {
  port: 8883,
  files: "/mosquitto/config",
  data: "/mosquitto/data",
  ca: "/run/secrets/ca",
  certificate: "/run/secrets/mosquitto-cert",
  key: "/run/secrets/mosquitto-key",
};

/** Counter of messages that the broker dropped because a queue was full; the collector may read it. */
const DROPPED_TOPIC = "$SYS/broker/publish/messages/dropped";

/**
 * User names and topic filters that Mosquitto's files cannot hold: a line has one user name or filter, without
 * blanks at its ends, and a password line ends the user name at a colon.
 */
export function mosquittoProblems(registry: Registry, collector: string): Problem[] {
  const problems: Problem[] = [];
  for (const site of registry.sites) {
    site.gateways.forEach(({ username, topics }, index) => {
      const report = reportOn(problems, `sites/${site.id}.yaml`, `gateways[${index}]`);
      const wrong = userProblem(username);
      if (wrong !== undefined) report.error("username", wrong);
      if (username === collector)
        report.error(
          "username",
          `"${username}" is the collector's user at the broker: give the gateway another`,
        );
      topics.forEach((filter, at) => {
        const bad = lineProblem(filter);
        if (bad !== undefined) report.error(`topics[${at}]`, `${JSON.stringify(filter)} ${bad}`);
      });
    });
  }
  return problems;
}

function userProblem(username: string): string | undefined {
  const shown = JSON.stringify(username);
  if (username.startsWith("#")) return `${shown} begins with "#", which makes the line a comment: rename it`;
  if (username.includes(":"))
    return `${shown} holds a colon, which ends the name in a password file: rename it`;
  const bad = lineProblem(username);
  return bad === undefined ? undefined : `${shown} ${bad}`;
}

function lineProblem(text: string): string | undefined {
  if (text === "") return "is empty: Mosquitto's files need a name";
  if (text.trim() !== text) return "begins or ends with a blank, which Mosquitto takes off: remove it";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a line break would begin a line of its own
  if (/[\u0000-\u001f\u007f]/.test(text)) return "holds a control character, such as a line break: remove it";
  return undefined;
}

/**
 * The access list: a gateway may publish to its topics and read nothing, the collector may read what gateways
 * may publish and publish nothing, and anything else is refused. Nobody may read another's messages.
 */
export function mosquittoAcl(registry: Registry, collector: string): string {
  const lines = [
    "# Made from the registry; changes here are lost. Who is not named may do nothing.",
    `user ${collector}`,
    ...collectorFilters(registry).map((filter) => `topic read ${filter}`),
    `topic read ${DROPPED_TOPIC}`,
  ];
  for (const site of registry.sites) {
    for (const { username, topics } of site.gateways)
      lines.push("", `user ${username}`, ...topics.map((filter) => `topic write ${filter}`));
  }
  return `${lines.join("\n")}\n`;
}

/**
 * The broker's configuration. Its limits are such that nothing is dropped silently: the queue holds 1,000,000
 * messages for a collector that is away, and a packet over 1 MiB ends its connection unacknowledged
 * (`message_size_limit` would acknowledge and drop it; payloads over 256 KiB become rejects in the collector).
 */
export function mosquittoConf(places: MosquittoPlaces, requireCertificate: boolean): string {
  const { port, bind, files, data, ca, certificate, key } = places;
  const lines = [
    "# Made by the program; changes here are lost.",
    "allow_anonymous false",
    `password_file ${files}/passwd`,
    `acl_file ${files}/acl`,
    "",
    "# What waits for the collector: as much as it may not have acknowledged, and the queue behind.",
    "max_inflight_messages 2000",
    "max_queued_messages 1000000",
    "max_queued_bytes 1073741824",
    "queue_qos0_messages true",
    "persistence true",
    `persistence_location ${data}/`,
    "# Seconds. Killed, the broker loses what it acknowledged since; the gaps in seq tell which.",
    "autosave_interval 30",
    "",
    "# Bytes of a whole packet; a larger one ends the connection.",
    "max_packet_size 1048576",
    "# A retained message does not tell when it was sent; who sends one is disconnected.",
    "retain_available false",
    "allow_zero_length_clientid false",
    "sys_interval 10",
    "log_dest stdout",
    "log_type error",
    "log_type warning",
    "log_type notice",
    "connection_messages true",
    "set_tcp_nodelay true",
    "",
    `listener ${port}${bind === undefined ? "" : ` ${bind}`}`,
    `cafile ${ca}`,
    `certfile ${certificate}`,
    `keyfile ${key}`,
    `require_certificate ${requireCertificate}`,
    "# A client id of one's own could take another's session, and the collector's queue with it.",
    "use_username_as_clientid true",
  ];
  return `${lines.join("\n")}\n`;
}
