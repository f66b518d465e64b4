/** Publishing over MQTT 3.1.1 with QoS 1, by mqtt.js. */
import { connect, type IClientOptions, type MqttClient } from "mqtt";
import { TransientError } from "../model/errors.ts";

/** Where to, as whom, and how much at once. */
export interface MqttPublisherOptions {
  /** `mqtt://host:port` */
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  /** Must begin with the user name where there is one; its session is kept by the broker. */
  readonly clientId: string;
  /** Messages sent and not yet acknowledged at most; further ones wait. */
  readonly inFlight?: number;
  /** Time for the first connection, in ms. */
  readonly connectMs?: number;
}

/** A connection that publishes. */
export interface MqttPublisher {
  /** Resolves at the broker's PUBACK; across a lost connection the message is sent again. */
  publish(topic: string, payload: string): Promise<void>;
  /** Ends the connection; what was not acknowledged is given up and rejects with `TransientError`. */
  close(): Promise<void>;
}

const RECONNECT_MS = 500;

/**
 * Connects and waits for the broker's answer.
 * @throws TransientError `mqtt-refused` or `mqtt-unreachable`.
 */
export async function connectMqttPublisher(options: MqttPublisherOptions): Promise<MqttPublisher> {
  const client = connect(options.url, clientOptions(options));
  await firstConnection(client, options);
  // Later failures are met by reconnecting; without a listener they would end the process.
  client.on("error", () => undefined);
  return publisherOn(client, options.inFlight ?? 200);
}

function clientOptions(options: MqttPublisherOptions): IClientOptions {
  return {
    protocolVersion: 4,
    clean: false,
    clientId: options.clientId,
    reconnectPeriod: RECONNECT_MS,
    reconnectOnConnackError: true,
    keepalive: 60,
    ...(options.username === undefined ? {} : { username: options.username }),
    ...(options.password === undefined ? {} : { password: options.password }),
  };
}

function firstConnection(client: MqttClient, options: MqttPublisherOptions): Promise<void> {
  const who = options.username === undefined ? "without a user" : `as ${options.username}`;
  return new Promise((resolve, reject) => {
    let reason = "no answer";
    const giveUp = (code: string, what: string): void => {
      clearTimeout(timer);
      client.removeAllListeners();
      client.on("error", () => undefined);
      client.end(true);
      reject(new TransientError(code, `${options.url} ${who}: ${what}`));
    };
    const timer = setTimeout(
      () => giveUp("mqtt-unreachable", `${reason}; check that the broker runs there`),
      options.connectMs ?? 10_000,
    );
    client.on("error", (error: Error & { code?: number | string }) => {
      reason = error.message;
      // A CONNACK that refuses carries its number; what fails below it has a name, and is tried again.
      if (typeof error.code === "number") {
        giveUp("mqtt-refused", `${error.message}; check user, password and client id ${options.clientId}`);
      }
    });
    client.once("connect", () => {
      clearTimeout(timer);
      client.removeAllListeners("error");
      resolve();
    });
  });
}

function publisherOn(client: MqttClient, limit: number): MqttPublisher {
  const waiting: (() => void)[] = [];
  const unacknowledged = new Set<(error: Error) => void>();
  let taken = 0;
  let closed = false;
  /** A free place is handed to the one that waited longest, so that messages keep their order. */
  const place = async (): Promise<void> => {
    if (taken < limit) taken += 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
  };
  const release = (): void => {
    const next = waiting.shift();
    if (next) next();
    else taken -= 1;
  };
  const send = (topic: string, payload: string): Promise<void> =>
    new Promise<void>((resolve, reject) => {
      unacknowledged.add(reject);
      client.publish(topic, payload, { qos: 1 }, (error) => {
        unacknowledged.delete(reject);
        if (error) reject(new TransientError("mqtt-not-sent", `${topic}: ${error.message}`));
        else resolve();
        release();
      });
    });
  return {
    async publish(topic, payload) {
      if (!closed) await place();
      if (closed) throw closedError(topic);
      return send(topic, payload);
    },
    async close() {
      closed = true;
      for (const reject of unacknowledged) reject(closedError("a message"));
      for (const wake of waiting.splice(0)) wake();
      await client.endAsync(true);
    },
  };
}

function closedError(topic: string): TransientError {
  return new TransientError("mqtt-closed", `${topic}: the connection was closed before the PUBACK`);
}
