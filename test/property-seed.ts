/**
 * Properties try the same cases in every run, so that a change fails for what it changed. With other cases:
 * PROPERTY_SEED=… npx vitest run.
 */
import fc from "fast-check";

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(process.env.PROPERTY_SEED ?? 20_261_123) });
