/** Messages on their way into the log: how many, and the order in which they may be acknowledged. */

/** What waits for the log over all connections; above the bounds nothing more is read. */
export interface Load {
  add(bytes: number): void;
  remove(messages: number, bytes: number): void;
  isFull(): boolean;
  messages(): number;
  bytes(): number;
}

/** Counts against both bounds, and tells whenever there is room again: at half of them, so that it is worth while. */
export function createLoad(messageLimit: number, byteLimit: number, onRoom: () => void): Load {
  let messages = 0;
  let bytes = 0;
  return {
    add(size) {
      messages += 1;
      bytes += size;
    },
    remove(count, size) {
      messages -= count;
      bytes -= size;
      if (messages <= messageLimit / 2 && bytes <= byteLimit / 2) onRoom();
    },
    isFull: () => messages >= messageLimit || bytes >= byteLimit,
    messages: () => messages,
    bytes: () => bytes,
  };
}

/** Messages handed over one after the other whose promise is the same: they became durable together. */
interface Group {
  readonly settled: Promise<void>;
  readonly ids: number[];
  messages: number;
  bytes: number;
  state: "waiting" | "logged" | "failed";
}

/** The messages of one connection in the order of receipt, in which MQTT wants their PUBACKs (3.1.1 §4.6). */
export interface AckOrder {
  /** Adds a message; `id` 0 wants no PUBACK. */
  add(settled: Promise<void>, id: number, bytes: number): void;
  isEmpty(): boolean;
}

export interface AckSink {
  /** Messages that are durable; `pubacks` are those of them that want one, and of nothing behind a failed one. */
  logged(messages: number, pubacks: Buffer): void;
  /** A message the log did not take, and everything before it is acknowledged; called once. */
  failed(error: unknown): void;
  /** Messages that left, logged or not. */
  settled(messages: number, bytes: number): void;
}

/** Creates the order of one connection. */
export function createAckOrder(sink: AckSink): AckOrder {
  const groups: Group[] = [];
  let failure: { readonly error: unknown } | undefined;
  let isTold = false;

  const flush = (): void => {
    const pubacks: number[] = [];
    let messages = 0;
    while (groups[0]?.state === "logged") {
      const { ids, messages: count } = groups.shift()!;
      messages += count;
      pubacks.push(...ids);
    }
    if (messages > 0) sink.logged(messages, pubackPackets(pubacks));
    if (failure && groups[0]?.state === "failed" && !isTold) {
      isTold = true;
      sink.failed(failure.error);
    }
  };
  const settle = (group: Group, state: "logged" | "failed"): void => {
    group.state = state;
    sink.settled(group.messages, group.bytes);
    flush();
  };
  const begin = (settled: Promise<void>): Group => {
    const group: Group = { settled, ids: [], messages: 0, bytes: 0, state: "waiting" };
    groups.push(group);
    settled.then(
      () => settle(group, "logged"),
      (error: unknown) => {
        failure ??= { error };
        settle(group, "failed");
      },
    );
    return group;
  };
  return {
    add(settled, id, bytes) {
      const last = groups.at(-1);
      const group = last?.settled === settled && last.state === "waiting" ? last : begin(settled);
      group.messages += 1;
      group.bytes += bytes;
      if (id !== 0) group.ids.push(id);
    },
    isEmpty: () => groups.every(({ state }) => state !== "waiting"),
  };
}

/** PUBACK packets (3.1.1 §3.4): the same in MQTT 5, where no reason means success. */
function pubackPackets(ids: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(ids.length * 4);
  ids.forEach((id, i) => {
    bytes.writeUInt32BE(0x40020000 + id, i * 4);
  });
  return bytes;
}

/**
 * PUBACKs that the broker may not have read yet: were we killed now, their messages would come again. A PINGREQ
 * behind some of them is answered once they are read, since a broker takes packets in order.
 */
export interface Confirmations {
  /** So many PUBACKs are about to be written; true when a PINGREQ is to follow them. */
  add(pubacks: number): boolean;
  /** A PINGREQ that somebody else sent. */
  pinged(): void;
  /** A PINGRESP came. */
  answered(): void;
  /** Waits for none of the answers that are to come. */
  forgo(): void;
  /** Messages with a PUBACK that is not known to be read. */
  count(): number;
}

/** Creates the count of one connection; one PINGREQ is for at least so many PUBACKs. */
export function createConfirmations(atLeast: number): Confirmations {
  /** PUBACKs in front of each PINGREQ that waits for its answer. */
  const pings: number[] = [];
  let waiting = 0;
  let unpinged = 0;
  return {
    add(pubacks) {
      waiting += pubacks;
      unpinged += pubacks;
      if (unpinged === 0 || unpinged < atLeast) return false;
      pings.push(unpinged);
      unpinged = 0;
      return true;
    },
    pinged() {
      pings.push(unpinged);
      unpinged = 0;
    },
    answered() {
      waiting -= pings.shift() ?? 0;
    },
    forgo() {
      pings.fill(0);
      unpinged = 0;
      waiting = 0;
    },
    count: () => waiting,
  };
}
