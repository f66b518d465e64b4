/** What the InfluxDB adapter is told. */
import type { Calendar } from "../../model/time.ts";

export type LogLevel = "info" | "warn" | "error";

export interface InfluxOptions {
  /** Base address, such as `https://influxdb:8086`; without user and password. */
  readonly url: string;
  readonly org: string;
  readonly bucket: string;
  /** Secret: in no line of a log and in no error. Reads and writes the bucket, no more. */
  readonly token: string;
  readonly calendar: Calendar;
  /** PEM of the authority that signed the server's certificate; absent: those the system trusts. */
  readonly ca?: string;
  /** Time for one attempt to write, in ms; below the session timeout of the log. Default 5,000. */
  readonly deadlineMs?: number;
  /** Time for a question until the first or the next piece of its answer, in ms. Default 60,000. */
  readonly readDeadlineMs?: number;
  /** Attempts of reads, and of writes without a lease, before a TransientError. Default 5. */
  readonly maxAttempts?: number;
  readonly log?: (level: LogLevel, message: string) => void;
}
