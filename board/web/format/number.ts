/** Numbers as they are shown: thousands separated, the unit beside, and the exact value kept for the tooltip. */

export interface Shown {
  readonly text: string;
  readonly unit: string;
  /** The same amount unrounded, with its unit. */
  readonly exact: string;
}

const formats = new Map<number, Intl.NumberFormat>();

/** `value` with thousands separators and exactly `decimals` decimals; a minus that rounds to zero is dropped. */
export function fixed(value: number, decimals: number): string {
  let format = formats.get(decimals);
  if (!format) {
    format = new Intl.NumberFormat("en-US", {
      minimumFractionDigits: decimals,
      maximumFractionDigits: decimals,
    });
    formats.set(decimals, format);
  }
  const text = format.format(value);
  return /^-[0.,]*$/.test(text) ? text.slice(1) : text;
}

const plain = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 12 });

/** `value` with up to twelve significant digits: enough to check by hand. */
export function exact(value: number): string {
  return plain.format(value);
}

/** A unit as it is printed. */
export function written(unit: string): string {
  return unit.replace(/m3\b/, "m³").replace(/CO2\b/, "CO₂");
}

interface Step {
  readonly below: number;
  readonly divisor: number;
  readonly unit: string;
  readonly decimals: number;
}

const steps: Readonly<Record<string, readonly Step[]>> = {
  kWh: [
    { below: 1, divisor: 1, unit: "kWh", decimals: 3 },
    { below: 1e4, divisor: 1, unit: "kWh", decimals: 1 },
    { below: 1e7, divisor: 1e3, unit: "MWh", decimals: 2 },
    { below: Infinity, divisor: 1e6, unit: "GWh", decimals: 3 },
  ],
  kW: [
    { below: 1e4, divisor: 1, unit: "kW", decimals: 1 },
    { below: Infinity, divisor: 1e3, unit: "MW", decimals: 2 },
  ],
  MJ: [
    { below: 1, divisor: 1, unit: "MJ", decimals: 3 },
    { below: 1e4, divisor: 1, unit: "MJ", decimals: 1 },
    { below: 1e7, divisor: 1e3, unit: "GJ", decimals: 2 },
    { below: Infinity, divisor: 1e6, unit: "TJ", decimals: 3 },
  ],
  m3: [
    { below: 1, divisor: 1, unit: "m³", decimals: 3 },
    { below: 1e3, divisor: 1, unit: "m³", decimals: 1 },
    { below: 1e7, divisor: 1, unit: "m³", decimals: 0 },
    { below: Infinity, divisor: 1e6, unit: "10⁶ m³", decimals: 3 },
  ],
  t: [
    { below: 1, divisor: 1e-3, unit: "kg", decimals: 2 },
    { below: 1e6, divisor: 1, unit: "t", decimals: 2 },
    { below: Infinity, divisor: 1e3, unit: "kt", decimals: 2 },
  ],
};

function stepOf(value: number, unit: string): Step {
  if (value === 0) return { below: Infinity, divisor: 1, unit: written(unit), decimals: 0 };
  const known = steps[unit] ?? [{ below: Infinity, divisor: 1, unit: written(unit), decimals: 2 }];
  return known.find((step) => Math.abs(value) < step.below) ?? known[known.length - 1]!;
}

/** An amount in its canonical unit, scaled to the multiple that reads best. */
export function amount(value: number, unit: string): Shown {
  const step = stepOf(value, unit);
  return {
    text: fixed(value / step.divisor, step.decimals),
    unit: step.unit,
    exact: `${exact(value)} ${written(unit)}`,
  };
}

/** The divisor and unit in which a whole axis up to `greatest` is drawn. */
export function axisScale(greatest: number, unit: string): { divisor: number; unit: string } {
  const step = stepOf(greatest, unit);
  return { divisor: step.divisor, unit: step.unit };
}

/** Unrounded, in the unit it is computed in: this is where figures are checked. */
export function unrounded(value: number, unit: string): Shown {
  return { text: exact(value), unit: written(unit), exact: `${value} ${written(unit)}` };
}

/** Tonnes from kilograms, two decimals; a trace is `<0.01`, so that it is not taken for nothing. */
function tonnes(kg: number, unit: string, kgUnit: string): Shown {
  const value = kg / 1000;
  const trace = value !== 0 && Math.abs(value) < 0.005;
  const text = trace ? (value < 0 ? "−<0.01" : "<0.01") : fixed(value, 2);
  return { text, unit, exact: `${exact(kg)} ${kgUnit}` };
}

/** Standard coal, from kgce. */
export function tce(kgce: number): Shown {
  return tonnes(kgce, "tce", "kgce");
}

/** CO2, from kg. */
export function co2(kg: number): Shown {
  return tonnes(kg, "tCO₂", "kgCO₂");
}

/** A share as a percentage with one decimal, cut off so that only the whole reads 100% and only nothing reads 0%. */
export function percent(share: number): string {
  if (share >= 1) return `${fixed(share * 100, share === 1 ? 0 : 1)}%`;
  if (share <= 0) return "0%";
  return `${fixed(Math.max(0.1, Math.floor(share * 1000 + 1e-9) / 10), 1)}%`;
}

/** Relative change as `+3.2%`; undefined when there is nothing to compare with. */
export function change(now: number, before: number): string | undefined {
  if (before <= 0) return undefined;
  const ratio = (now / before - 1) * 100;
  return `${ratio < 0 ? "−" : "+"}${fixed(Math.abs(ratio), 1)}%`;
}
