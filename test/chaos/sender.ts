/** A gateway that keeps what was not acknowledged, and sends it again after a lost connection. */
import { connect, type MqttClient } from "mqtt";
import type { SentReading } from "./register-year.ts";

export interface Sender {
  /** Sends through this broker until all is acknowledged, `limit` more were, or the connection is lost. */
  sendVia(url: string, limit: number): Promise<void>;
  /** Readings not yet acknowledged. */
  left(): number;
  acknowledged(): number;
}

const IN_FLIGHT = 300;

export function createSender(topic: string, readings: readonly SentReading[]): Sender {
  let waiting = [...readings];
  let acknowledged = 0;
  const sendVia = (url: string, limit: number): Promise<void> =>
    new Promise((resolve) => {
      const client: MqttClient = connect(url, {
        protocolVersion: 4,
        reconnectPeriod: 0,
        clientId: `chaos-${acknowledged}`,
        connectTimeout: 2_000,
      });
      const underWay = new Set<SentReading>();
      let acked = 0;
      let over = false;
      const finish = (): void => {
        if (over) return;
        over = true;
        waiting = [...underWay, ...waiting];
        client.end(true, () => resolve());
      };
      const pump = (): void => {
        while (!over && underWay.size < IN_FLIGHT && waiting.length > 0) {
          const reading = waiting.shift()!;
          underWay.add(reading);
          const payload = JSON.stringify({ at: reading.at, registers: { "active-import": reading.value } });
          client.publish(topic, payload, { qos: 1 }, (error) => {
            // An error here is a connection that ended: nothing was acknowledged.
            if (error || over) return;
            underWay.delete(reading);
            acknowledged += 1;
            acked += 1;
            if (acked >= limit || (underWay.size === 0 && waiting.length === 0)) finish();
            else pump();
          });
        }
      };
      client.on("connect", pump);
      client.on("close", finish);
      client.on("error", finish);
    });
  return { sendVia, left: () => waiting.length, acknowledged: () => acknowledged };
}
