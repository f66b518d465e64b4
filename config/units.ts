/** Units of registers and factors, and their exact conversion to a carrier's canonical unit. */

/** Units that carriers are held in. */
export const canonicalUnits = ["kWh", "m3", "MJ", "t"] as const;
export type CanonicalUnit = (typeof canonicalUnits)[number];

/** Canonical units in one unit. A calorie is 4.1868 J (the International Table calorie). */
const multiples: Readonly<Record<CanonicalUnit, Readonly<Record<string, number>>>> = {
  kWh: { Wh: 0.001, kWh: 1, MWh: 1000, GWh: 1_000_000 },
  m3: { L: 0.001, m3: 1, "m³": 1, "10^4 m3": 10_000, 万m3: 10_000 },
  MJ: {
    J: 0.000001,
    kJ: 0.001,
    MJ: 1,
    GJ: 1000,
    TJ: 1_000_000,
    Wh: 0.0036,
    kWh: 3.6,
    MWh: 3600,
    GWh: 3_600_000,
    kcal: 0.0041868,
    Mcal: 4.1868,
    Gcal: 4186.8,
  },
  t: { g: 0.000001, kg: 0.001, t: 1, kt: 1000, "10^4 t": 10_000, 万t: 10_000 },
};

const reactiveUnits: ReadonlySet<string> = new Set(["varh", "kvarh", "Mvarh"]);

/** True for reactive energy, which is recorded and never counted. */
export function isReactive(unit: string): boolean {
  return reactiveUnits.has(unit);
}

/** The units that a carrier's registers may use, for messages. */
export function unitsOf(canonical: string): string[] {
  const own = Object.keys(multiples[canonical as CanonicalUnit] ?? {});
  return canonical === "t" ? [...own, ...Object.keys(multiples.m3)] : own;
}

function entry(table: Readonly<Record<string, number>>, name: string): number | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

/** Cuts the dirt of binary arithmetic off a product of decimal numbers. */
export function clean(value: number): number {
  return Number(value.toPrecision(15));
}

/**
 * Canonical units in one `unit`. A volume of what is held in tonnes needs its density in kg/L, and there is
 * no conversion for a unit of another dimension.
 */
export function unitFactor(
  unit: string,
  canonical: string,
  densityKgPerL?: number,
): number | "needs-density" | "unknown" {
  const known = entry(multiples[canonical as CanonicalUnit] ?? {}, unit);
  if (known !== undefined) return known;
  const volume = canonical === "t" ? entry(multiples.m3, unit) : undefined;
  if (volume === undefined) return "unknown";
  return densityKgPerL === undefined ? "needs-density" : clean(volume * densityKgPerL);
}

/** Numerators of factor units: kgce, or kgCO2, or kg in one of them. */
const numerators = {
  coal: { gce: 0.001, kgce: 1, tce: 1000 },
  co2: { gCO2: 0.001, kgCO2: 1, tCO2: 1000 },
} as const;
const densities: Readonly<Record<string, number>> = { "kg/L": 1, "t/m3": 1, "kg/m3": 0.001 };

/** What a factor of a kind is counted in. */
export function quantityOf(kind: string): "coal" | "co2" | "density" {
  if (kind === "standard-coal") return "coal";
  return kind === "density" ? "density" : "co2";
}

/** An example of the unit that a factor needs, for messages. */
export function factorUnitExample(kind: string, canonical: string): string {
  const quantity = quantityOf(kind);
  if (quantity === "density") return "kg/L";
  return quantity === "coal" ? `kgce/${canonical}` : `kgCO2/${canonical}`;
}

/**
 * A factor's value per canonical unit of its carrier, in kgce or kgCO2 (in kg/L for a density);
 * undefined when its unit does not fit the kind or the carrier.
 */
export function perCanonical(
  kind: string,
  value: number,
  unit: string,
  canonical: string,
): number | undefined {
  const quantity = quantityOf(kind);
  if (quantity === "density") {
    const density = entry(densities, unit);
    return density === undefined ? undefined : clean(value * density);
  }
  const slash = unit.indexOf("/");
  if (slash < 0) return undefined;
  const numerator = entry(numerators[quantity], unit.slice(0, slash));
  const denominator = unitFactor(unit.slice(slash + 1), canonical);
  if (numerator === undefined || typeof denominator !== "number") return undefined;
  return clean((value * numerator) / denominator);
}
