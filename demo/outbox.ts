/** Sending with a bounded number of messages on their way. */

/** Where messages go: resolves when the receiver has them for good (MQTT: PUBACK). */
export interface Publisher {
  publish(topic: string, payload: string): Promise<void>;
}

/** Hands messages on in order; `send` waits while too many are unacknowledged. */
export interface Outbox {
  /**
   * Resolves when the message is on its way; `acknowledged` is called once it arrived.
   * @throws the first error of any earlier message.
   */
  send(topic: string, payload: string, acknowledged?: () => void): Promise<void>;
  /** Resolves when everything arrived. */
  drain(): Promise<void>;
}

/** An outbox over a publisher. */
export function createOutbox(publisher: Publisher, limit: number): Outbox {
  let onTheWay = 0;
  let failure: { readonly error: unknown } | undefined;
  let wake: (() => void) | undefined;
  const settled = (): void => {
    onTheWay -= 1;
    wake?.();
    wake = undefined;
  };
  const below = async (bound: number): Promise<void> => {
    while (onTheWay >= bound && !failure) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    if (failure) throw failure.error;
  };
  const failed = (error: unknown): void => {
    failure ??= { error };
  };
  return {
    async send(topic, payload, acknowledged) {
      await below(limit);
      onTheWay += 1;
      void publisher.publish(topic, payload).then(acknowledged).catch(failed).finally(settled);
    },
    drain: () => below(1),
  };
}

/** A publisher that has a connection for each site, as gateways do where credentials are in force. */
export function publisherBySite(publisherOf: (site: string) => Publisher): Publisher {
  return { publish: (topic, payload) => publisherOf(topic.split("/")[2] ?? "").publish(topic, payload) };
}
