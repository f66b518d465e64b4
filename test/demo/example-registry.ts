/** A small county with one meter of every kind, for the tests of the demo fleet. */
import { noDuties } from "../../model/duty.ts";
import type { Meter, Register, Registry, Site } from "../../model/registry.ts";

/** An instant of the tests' zone, UTC+8. */
export function local(text: string): number {
  return Date.parse(`${text}+08:00`);
}

const text = (id: string) => ({ zh: id, en: id });

export function register(changes: Partial<Register> = {}): Register {
  return {
    id: "active-import",
    kind: "cumulative",
    unit: "kWh",
    unitFactor: 1,
    direction: "import",
    digits: 8,
    decimals: 2,
    resetsToZero: false,
    counted: true,
    ...changes,
  };
}

export function meter(site: string, id: string, changes: Partial<Meter> = {}): Meter {
  const maxPerHour = changes.maxPerHour ?? 1000;
  return {
    site,
    id,
    name: text(id),
    carrier: "electricity",
    role: "grid-import",
    contributes: "add",
    conversionOutput: false,
    from: local("2025-01-01T00:00:00"),
    intervalMinutes: 15,
    maxPerHour,
    ratedPowerKw: maxPerHour,
    registers: [register()],
    multipliers: [{ from: local("2025-01-01T00:00:00"), value: 100, registers: {} }],
    swaps: [],
    ...changes,
  };
}

export function site(id: string, category: Site["category"], changes: Partial<Site> = {}): Site {
  return {
    id,
    name: text(id),
    category,
    classes: [],
    nationalList: false,
    location: [122.2, 30.25],
    gateways: [{ id: "gw-1", username: `${id}-gw1`, topics: [`v1/sites/${id}/#`] }],
    meters: [],
    berths: [],
    ...changes,
  };
}

export function registryOf(sites: readonly Site[]): Registry {
  return {
    version: "test",
    county: {
      id: "test",
      name: text("test"),
      zone: "Asia/Shanghai",
      region: "zhejiang",
      towns: [],
      sectors: [],
    },
    carriers: [
      { id: "electricity", name: text("electricity"), unit: "kWh", co2: "grid" },
      { id: "raw-coal", name: text("raw-coal"), unit: "t", co2: "direct" },
    ],
    sites: [...sites].sort((a, b) => (a.id < b.id ? -1 : 1)),
    factors: [],
    profiles: [],
    limits: [],
    outputs: [],
    rules: [],
    duties: noDuties,
  };
}

const from = local("2025-01-01T00:00:00");

function works(): Site {
  const sub = { role: "sub", contributes: "none" } as const;
  return site("works", "key-energy-user", {
    industry: "3731",
    classes: [],
    meters: [
      meter("works", "main", { maxPerHour: 4000 }),
      meter("works", "welding", { ...sub, maxPerHour: 1500 }),
      meter("works", "compressors", { ...sub, maxPerHour: 900, intervalMinutes: 5 }),
      meter("works", "tenant", { role: "sub", contributes: "subtract", maxPerHour: 300 }),
      meter("works", "swapped", {
        ...sub,
        maxPerHour: 400,
        multipliers: [{ from, value: 40, registers: {} }],
        swaps: [
          {
            at: local("2026-11-10T09:30:00"),
            register: "active-import",
            final: 48_211.37,
            first: 0.25,
          },
        ],
      }),
      meter("works", "rewired", {
        ...sub,
        maxPerHour: 500,
        multipliers: [
          { from, value: 40, registers: {} },
          { from: local("2026-11-05T00:00:00"), value: 80, registers: { "active-import": 31_500.5 } },
        ],
      }),
      meter("works", "amounts", {
        ...sub,
        maxPerHour: 200,
        registers: [register({ kind: "interval" })],
        multipliers: [{ from, value: 1, registers: {} }],
      }),
      meter("works", "batch", {
        ...sub,
        maxPerHour: 200,
        registers: [register({ resetsToZero: true })],
        multipliers: [{ from, value: 1, registers: {} }],
      }),
    ],
  });
}

function kiln(): Site {
  const coal = register({ id: "mass", unit: "kg", unitFactor: 0.001, decimals: 0 });
  return site("kiln", "key-energy-user", {
    industry: "3011",
    meters: [
      meter("kiln", "feed-1", {
        maxPerHour: 1200,
        registers: [register({ unit: "MWh", unitFactor: 1000 })],
        multipliers: [{ from, value: 1, registers: {} }],
      }),
      meter("kiln", "feed-2", { maxPerHour: 800 }),
      meter("kiln", "coal", {
        carrier: "raw-coal",
        role: "fuel",
        maxPerHour: 6,
        intervalMinutes: 60,
        registers: [coal],
        multipliers: [{ from, value: 1, registers: {} }],
      }),
    ],
  });
}

function harbour(): Site {
  const shore = { role: "shore-power", contributes: "subtract", maxPerHour: 800 } as const;
  const berth = (id: string, shorePower: boolean, type: "container" | "tanker" | "other") => ({
    id,
    name: text(id),
    type,
    shorePower,
  });
  return site("harbour", "port", {
    berths: [berth("b1", true, "container"), berth("b2", false, "tanker"), berth("b3", true, "other")],
    meters: [
      meter("harbour", "main", { maxPerHour: 3000 }),
      meter("harbour", "shore-1", { ...shore, countsTo: "shore" }),
      meter("harbour", "shore-2", { ...shore, countsTo: "shore" }),
    ],
  });
}

function station(): Site {
  return site("station", "charging", {
    charging: { guns: 10, ratedKw: 60 },
    meters: [
      meter("station", "gate", { maxPerHour: 630 }),
      meter("station", "guns-1", { role: "charging", contributes: "none", maxPerHour: 300 }),
      meter("station", "guns-2", { role: "charging", contributes: "none", maxPerHour: 300 }),
    ],
  });
}

function plants(): Site[] {
  const out = register({ id: "active-export", direction: "export" });
  return [
    site("solar", "generation", {
      meters: [
        meter("solar", "pv-1", { role: "generation", maxPerHour: 6000, registers: [out] }),
        meter("solar", "out", {
          role: "export",
          contributes: "subtract",
          maxPerHour: 6000,
          registers: [out],
        }),
        meter("solar", "standby", { maxPerHour: 300 }),
      ],
    }),
    site("wind", "generation", {
      meters: [meter("wind", "wind-1", { role: "generation", maxPerHour: 8000, registers: [out] })],
    }),
    site("town-hall", "public-building", {
      meters: [
        meter("town-hall", "main", { maxPerHour: 500 }),
        meter("town-hall", "a-lighting", { role: "sub", contributes: "none", maxPerHour: 150 }),
        meter("town-hall", "b-hvac", { role: "sub", contributes: "none", maxPerHour: 250 }),
        meter("town-hall", "roof-pv", { role: "generation", contributes: "add", maxPerHour: 400 }),
      ],
    }),
    site("shore", "shore-power"),
  ];
}

/** One site of every kind. */
export const exampleRegistry: Registry = registryOf([works(), kiln(), harbour(), station(), ...plants()]);
