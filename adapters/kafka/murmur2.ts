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
