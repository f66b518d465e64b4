/** Randomness that is a function of its arguments, so that any moment can be asked for in any order. */

/** A 32-bit key of a text (FNV-1a). */
export function keyOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** Mixes a key with a number to a new key; equal arguments give equal keys. */
export function mix(key: number, value: number): number {
  let hash = (key ^ Math.imul((value | 0) + 0x7f4a7c15, 0x9e3779b1)) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** A number in [0, 1) drawn by key and number. */
export function draw(key: number, value: number): number {
  return mix(key, value) / 0x1_0000_0000;
}

/** Smooth noise in [−1, 1]: drawn at whole `x`, eased between them. */
export function smoothNoise(key: number, x: number): number {
  const cell = Math.floor(x);
  const part = x - cell;
  const ease = part * part * (3 - 2 * part);
  const left = draw(key, cell);
  return 2 * (left + (draw(key, cell + 1) - left) * ease) - 1;
}
