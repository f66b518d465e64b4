/** A record of the log whose meter or register was out of the registry when it was processed, tried again. */
import type { LogRecord } from "../model/ports.ts";
import type { ReadingsRecord } from "../model/records.ts";
import type { Plan } from "../processors/plan.ts";
import type { LoggedReplay } from "./actions.ts";

/** The readings that the registry knows by now, as a record to append; none of what the log no longer has. */
export function knownOf(
  plan: Plan,
  logged: LogRecord | undefined,
): LoggedReplay & { readonly again: readonly LogRecord[] } {
  if (logged === undefined) return { taken: 0, refused: 0, again: [] };
  const record = JSON.parse(logged.value) as ReadingsRecord;
  const gauges = plan.meters.get(`${record.site}/${record.meter}`)?.gaugeOf;
  const readings = record.readings.filter((reading) => gauges?.has(reading.register));
  const taken = readings.length;
  const refused = record.readings.length - taken;
  const value = JSON.stringify({ ...record, readings, received: taken });
  return { taken, refused, again: taken === 0 ? [] : [{ key: logged.key, value }] };
}
