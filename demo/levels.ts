/** Yearly amounts that the example county's story asks for, where they differ from their kind's level. */

/** Seed under which the example county is run. */
export const EXAMPLE_SEED = 13;

/**
 * What a site uses of a carrier in a year, in the carrier's canonical unit, before the weather and the
 * ups and downs of production. Sites that a registry has not are passed over.
 */
export const yearlyAmounts: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  "changtu-stone": { electricity: 4.6e6, diesel: 260 },
  "chenghai-shipyard": { electricity: 24e6, "natural-gas": 350_000, diesel: 320 },
  "county-hospital": { electricity: 4.4e6 },
  "county-offices": { electricity: 1.6e6 },
  "daidong-cement": { electricity: 7.75e6, diesel: 8, water: 20_000 },
  "daixi-resins": { electricity: 7.5e6, "natural-gas": 24_000, water: 26_000 },
  "dongsha-fibre": { electricity: 24e6, "natural-gas": 60_000 },
  "dongsha-seafood": { electricity: 1.5e6 },
  "gaoting-blocks": { electricity: 2.95e6, "natural-gas": 425_000, diesel: 6, water: 16_000 },
  "gaoting-seafood": { electricity: 3.2e6 },
  "hengqu-polymer": { electricity: 210e6, "natural-gas": 9.2e6, heat: 3.4e8 },
  "island-school": { electricity: 600_000 },
  "qiyu-refinery": { electricity: 2.6e9, "natural-gas": 2.2e8, "fuel-oil": 62_000, heat: 1.9e9 },
  "qushan-culture": { electricity: 500_000 },
  "qushan-seafood": { electricity: 4.6e6 },
  "tingzhou-repair": { electricity: 9e6, diesel: 180 },
  "yuanting-marine": { electricity: 19.3e6, diesel: 210 },
  "yunfan-shipyard": { electricity: 16e6, "natural-gas": 210_000, diesel: 130 },
  "yushan-heat-power": { "raw-coal": 280_000, diesel: 300 },
};
