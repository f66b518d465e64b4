/** How long this process can be sure that what it was given is still its own. */
import { TransientError } from "../../model/errors.ts";

/** When the brokers were last heard to know this process, by two clocks: either may be stepped or stand still. */
export interface Pulse {
  /** The brokers knew us `ago` ms ago. */
  beat(ago: number): void;
  /** Time since then in ms, by the clock that says more. */
  age(): number;
}

export function createPulse(): Pulse {
  let wall = Date.now();
  let steady = performance.now();
  return {
    beat(ago) {
      wall = Date.now() - ago;
      steady = performance.now() - ago;
    },
    age: () => Math.max(Date.now() - wall, performance.now() - steady),
  };
}

export interface Lease {
  readonly signal: AbortSignal;
  /** Why it ended; undefined while it holds, which is judged by the clock now. */
  ended(): TransientError | undefined;
  end(reason: string): void;
}

/**
 * A lease that ends when told to, or once the pulse is older than `limitMs`. A process that was paused may run
 * before its timers do: so its clock is read whenever somebody asks the signal whether it is aborted.
 */
export function createLease(pulse: Pulse, limitMs: number, what: string): Lease {
  const controller = new AbortController();
  const { signal } = controller;
  const isAborted = Object.getOwnPropertyDescriptor(AbortSignal.prototype, "aborted")!.get!.bind(signal);

  const end = (reason: string): void => {
    if (!isAborted()) controller.abort(new TransientError("lease-ended", `${what} was given up: ${reason}`));
  };

  const hasEnded = (): boolean => {
    if (isAborted()) return true;
    const age = pulse.age();
    if (age <= limitMs) return false;
    end(`no heartbeat for ${Math.round(age)} ms, of ${limitMs} at most`);
    return true;
  };

  Object.defineProperty(signal, "aborted", { get: hasEnded });
  return { signal, end, ended: () => (hasEnded() ? (signal.reason as TransientError) : undefined) };
}
