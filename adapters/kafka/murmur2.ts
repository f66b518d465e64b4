/** Which partition a key belongs to: the hash of Kafka's Java clients, so that other producers agree. */

const SEED = 0x9747b28c;
const MULTIPLIER = 0x5bd1e995;

function tail(data: Uint8Array, from: number): number {
  let last = 0;
  for (let i = data.length - 1; i >= from; i -= 1) last = (last << 8) | data[i]!;
  return last;
}

/** The 32-bit murmur2 hash, signed; `org.apache.kafka.common.utils.Utils.murmur2`. */
export function murmur2(data: Uint8Array): number {
  const whole = data.length & ~3;
  const words = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let hash = SEED ^ data.length;
  for (let i = 0; i < whole; i += 4) {
    let word = Math.imul(words.getInt32(i, true), MULTIPLIER);
    word = Math.imul(word ^ (word >>> 24), MULTIPLIER);
    hash = Math.imul(hash, MULTIPLIER) ^ word;
  }
  if (whole < data.length) hash = Math.imul(hash ^ tail(data, whole), MULTIPLIER);
  hash = Math.imul(hash ^ (hash >>> 13), MULTIPLIER);
  return hash ^ (hash >>> 15);
}

/** The partition of a key among `partitions` of them, from 0. */
export function partitionOf(key: string, partitions: number): number {
  return (murmur2(Buffer.from(key, "utf8")) & 0x7fffffff) % partitions;
}

/** Sites whose partition is kept. */
const KEPT = 100_000;

/** Tells the partition of sites among `count` of them; each is computed once. */
export function createPartitioner(
  routeOf: (site: string) => string,
  count: number,
): (site: string) => number {
  const known = new Map<string, number>();
  return (site) => {
    if (count === 1) return 0;
    let partition = known.get(site);
    if (partition === undefined) {
      partition = partitionOf(routeOf(site), count);
      // Of records with a name that is no site's, there may be any number.
      if (known.size >= KEPT) known.clear();
      known.set(site, partition);
    }
    return partition;
  };
}
