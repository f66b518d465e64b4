/** What the processors need to work on shares of a log that several processes divide. */
import type { Changes, EventLog, LogShare, SeriesStore } from "../../model/ports.ts";
import type { ConfigVersion } from "../../model/records.ts";
import type { Instant } from "../../model/time.ts";
import type { Plan } from "../plan.ts";

export interface ShareOptions {
  readonly plan: Plan;
  readonly log: Pick<EventLog, "append">;
  readonly store: SeriesStore;
  /** The configuration worked with, as it was registered. */
  readonly config: ConfigVersion;
  readonly now: () => Instant;
  /** Told what was written, for the metrics. */
  readonly written?: (changes: Changes, tookMs: number) => void;
}

/** Another configuration was registered after ours: what it asks for must not be computed with ours. */
export class NewerConfiguration extends Error {
  constructor(own: ConfigVersion, asked: ConfigVersion) {
    super(
      `configuration ${own.version} (number ${own.number}) was replaced by ${asked.version} (number ${asked.number}): give this process the new configuration and start it again`,
    );
    this.name = "NewerConfiguration";
  }
}

/** @throws NewerConfiguration when a request comes from a later configuration, or from a rival of ours */
export function checkVersion(own: ConfigVersion, asked: ConfigVersion | undefined): void {
  if (asked === undefined || asked.number < own.number) return;
  if (asked.number > own.number || asked.version !== own.version) throw new NewerConfiguration(own, asked);
}

/** The share went to another process: what follows is its work. */
export class LeaseLost extends Error {
  constructor(share: LogShare) {
    super(`partition ${share.partition} is no longer this process's`);
    this.name = "LeaseLost";
  }
}
