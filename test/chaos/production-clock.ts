/** A clock that runs wrong, for a process of the program: what is loaded into it before its own code. */

/** At `afterMs` of the process's life its clock jumps by `byMs`, against what it would show. */
export interface Step {
  readonly afterMs: number;
  readonly byMs: number;
}

/** Environment for a process whose clock is `Date`'s plus what the steps add up to; timers keep their pace. */
export function withClock(steps: readonly Step[]): Readonly<Record<string, string>> {
  const code = `
    const real = Date.now.bind(Date);
    const steps = ${JSON.stringify(steps)};
    const shifted = () => {
      const alive = performance.now();
      let now = real();
      for (const { afterMs, byMs } of steps) if (alive >= afterMs) now += byMs;
      return Math.round(now);
    };
    const Real = Date;
    globalThis.Date = new Proxy(Real, {
      construct: (target, args, to) =>
        Reflect.construct(target, args.length === 0 ? [shifted()] : args, to === globalThis.Date ? target : to),
      apply: () => new Real(shifted()).toString(),
      get: (target, name) => (name === "now" ? shifted : Reflect.get(target, name)),
    });
  `;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}` };
}
