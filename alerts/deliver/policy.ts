/** What follows a try: done, again later, the next channel, or given up. Pure: time and outcome come in. */
import type { Channel } from "../../model/duty.ts";
import type { Instant } from "../../model/time.ts";
import { DAY_MS, MINUTE_MS } from "../../model/time.ts";
import type { Addressee, Attempt, Delivery, OutboxChanges } from "./outbox.ts";
import { channelOf, together } from "./rows.ts";

/** How often, how long. */
export interface DeliveryPolicy {
  /** Wait after the first failure; twice as long after each further one. */
  readonly firstWaitMs: number;
  readonly mostWaitMs: number;
  /** Failures on one channel after which the next has its turn. */
  readonly triesOfChannel: number;
  /** A channel that asks to be left alone for longer loses its turn at once, where there is another. */
  readonly patienceMs: number;
  /** Afterwards nobody is tried any more; the matter itself stays open and goes up the ladder. */
  readonly giveUpAfterMs: number;
}

export const deliveryPolicy: DeliveryPolicy = {
  firstWaitMs: 2_000,
  mostWaitMs: 10 * MINUTE_MS,
  triesOfChannel: 3,
  patienceMs: 30_000,
  giveUpAfterMs: 3 * DAY_MS,
};

/** How a try ended that did not deliver. */
export interface TryFailure {
  readonly isRefused: boolean;
  /** Refused because of these officers' addresses: the others' are as good as before. */
  readonly refusedOfficers?: readonly string[] | undefined;
  readonly error: string;
  readonly retryAfterMs?: number | undefined;
  readonly mayHaveArrived: boolean;
}

/** 0 ≤ x < 1, the same for the same text: notices that failed together do not come back together. */
export function fractionOf(text: string): number {
  // FNV-1a, 32 bits, then mixed: the end of the text alone differs.
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  hash ^= hash >>> 13;
  return (hash >>> 0) / 2 ** 32;
}

/** Wait before the next try, in milliseconds: doubled each time, ±25 % by the notice's id. */
export function backOff(id: string, failures: number, policy: DeliveryPolicy): number {
  const plain = Math.min(policy.firstWaitMs * 2 ** (failures - 1), policy.mostWaitMs);
  return Math.round(plain * (0.75 + fractionOf(`${id} ${failures}`) / 2));
}

/** The officer's next way that has not refused him: around and around; undefined where all have. */
function nextWay({ ways, way, refused }: Addressee): number | undefined {
  for (let step = 1; step <= ways.length; step += 1) {
    const next = (way + step) % ways.length;
    if (!refused.includes(ways[next]!.channel)) return next;
  }
  return undefined;
}

/** Marks a row as handed to its channel. Must be stored before the channel is called. */
export function started(row: Delivery, now: Instant): Delivery {
  return { ...row, state: "sending", startedAt: now };
}

function attemptOf(row: Delivery, now: Instant, status: Attempt["status"], error?: string): Attempt {
  const { id: notice, matters, content } = row.notice;
  const at = row.startedAt ?? now;
  return {
    delivery: row.id,
    notice,
    matters,
    kind: content.kind,
    channel: row.channel,
    officers: row.addressees.map(({ officer }) => officer),
    at,
    tookMs: Math.max(0, now - at),
    try: row.allTries + 1,
    status,
    isRepeat: row.isRepeat,
    ...(error === undefined ? {} : { error }),
  };
}

/** The row without what belongs to the try under way. */
function ended(row: Delivery, state: Delivery["state"]): Delivery {
  const { startedAt: _, ...rest } = row;
  return { ...rest, state, tries: row.tries + 1, allTries: row.allTries + 1 };
}

/** After the channel took it. */
export function delivered(row: Delivery, now: Instant): OutboxChanges {
  return { rows: [ended(row, "delivered")], attempts: [attemptOf(row, now, "delivered")] };
}

/** Says who is not tried any more, and why. */
function lostAttempt(row: Delivery, now: Instant, why = "refused by every channel"): Attempt {
  return { ...attemptOf(row, now, "given-up", why), at: now, tookMs: 0 };
}

function givenUp(row: Delivery, now: Instant, attempts: readonly Attempt[], why: string): OutboxChanges {
  return { rows: [ended(row, "failed")], attempts: [...attempts, lostAttempt(row, now, why)] };
}

/** Those who go on by other channels: in the same row where they stay together, else in rows of their own. */
function movedOn(
  row: Delivery,
  addressees: readonly Addressee[],
  channels: ReadonlyMap<string, Channel>,
  now: Instant,
  isRepeat: boolean,
  wait: (channel: string) => number,
): Delivery[] {
  const groups = together(addressees, channels);
  const old = ended(row, "replaced");
  const rows = groups.map((group, index): Delivery => {
    const channel = channelOf(group[0]!);
    const id = groups.length === 1 ? row.id : `${row.id}/${row.allTries + 1}.${index + 1}`;
    // To a receiver the same id is the same message: those to different people have ids of their own.
    const notice = groups.length === 1 ? row.notice : { ...row.notice, id };
    const nextAt = now + wait(channel);
    return { ...old, id, notice, channel, addressees: group, state: "waiting", nextAt, tries: 0, isRepeat };
  });
  return groups.length === 1 ? rows : [{ ...old, into: rows.map(({ id }) => id) }, ...rows];
}

/** After the channel did not take it, or may not have. */
export function failed(
  row: Delivery,
  failure: TryFailure,
  channels: ReadonlyMap<string, Channel>,
  now: Instant,
  policy: DeliveryPolicy = deliveryPolicy,
): OutboxChanges {
  const attempt = attemptOf(row, now, failure.isRefused ? "refused" : "failed", failure.error);
  const mayRepeat = row.isRepeat || failure.mayHaveArrived;
  if (now - row.createdAt >= policy.giveUpAfterMs) {
    return givenUp({ ...row, isRepeat: mayRepeat }, now, [attempt], "too old to be tried again");
  }
  const isPatient = (failure.retryAfterMs ?? 0) <= policy.patienceMs;
  const isRefused = ({ officer }: Addressee): boolean =>
    failure.isRefused && (failure.refusedOfficers?.includes(officer) ?? true);
  const after = row.addressees.map((one) =>
    isRefused(one) ? { ...one, refused: [...one.refused, row.channel] } : one,
  );
  if (!failure.isRefused && isPatient && row.tries + 1 < policy.triesOfChannel) {
    return { rows: [again(row, now, failure, mayRepeat, policy)], attempts: [attempt] };
  }
  const going = after.flatMap((one) => {
    if (failure.isRefused && !isRefused(one)) return [one];
    const way = nextWay(one);
    return way === undefined ? [] : [{ ...one, way }];
  });
  if (going.length === 0) {
    return givenUp({ ...row, isRepeat: mayRepeat }, now, [attempt], "refused by every channel");
  }
  if (!failure.isRefused && going.every((one) => channelOf(one) === row.channel)) {
    // The only channel there is: it goes on being tried.
    return { rows: [again(row, now, failure, mayRepeat, policy)], attempts: [attempt] };
  }
  const round = row.addressees.reduce((most, { ways }) => Math.max(most, ways.length), 1);
  const isFirstRound = row.allTries + 1 < round * policy.triesOfChannel;
  const wait = (channel: string): number => {
    const plain = isFirstRound ? 0 : backOff(row.notice.id, row.allTries + 1, policy);
    return channel === row.channel ? Math.max(plain, failure.retryAfterMs ?? 0) : plain;
  };
  const lost = row.addressees.filter(({ officer }) => !going.some((one) => one.officer === officer));
  const gone = lost.length === 0 ? [] : [lostAttempt({ ...row, addressees: lost }, now)];
  return { rows: movedOn(row, going, channels, now, mayRepeat, wait), attempts: [attempt, ...gone] };
}

function again(
  row: Delivery,
  now: Instant,
  failure: TryFailure,
  isRepeat: boolean,
  policy: DeliveryPolicy,
): Delivery {
  const wait = Math.max(backOff(row.notice.id, row.allTries + 1, policy), failure.retryAfterMs ?? 0);
  return { ...ended(row, "waiting"), nextAt: now + wait, isRepeat };
}

/**
 * A row found `sending` when the process starts: the one before ended between handing it over and noting it. It goes
 * out once more at once, marked.
 */
export function recovered(row: Delivery, now: Instant): OutboxChanges {
  const attempt = attemptOf(row, now, "unknown", "the program ended while sending");
  return {
    rows: [{ ...ended(row, "waiting"), nextAt: now, isRepeat: true }],
    attempts: [{ ...attempt, tookMs: 0 }],
  };
}

/** When the channel may be used next, given its tries of the last minute. */
export function nextSlot(perMinute: number, tries: readonly Instant[], now: Instant): Instant {
  const recent = tries.filter((at) => at > now - MINUTE_MS).sort((a, b) => a - b);
  return recent.length < perMinute ? now : recent[recent.length - perMinute]! + MINUTE_MS;
}
