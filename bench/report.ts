/** Prints figures beside their ceilings and targets. */
export interface Report {
  section(title: string): void;
  line(what: string, value: number, of: string, ceiling: number, target?: number): void;
  value(what: string, value: number, unit: string, atMost: number): void;
  latency(p50: number, p99: number, max: number, targetP99: number): void;
  note(text: string): void;
}

const number = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString("en") : value.toFixed(1);
const verdict = (isReached: boolean): string => (isReached ? "reached" : "NOT reached");

export function createReport(print: (line: string) => void): Report {
  return {
    section: (title) => print(`\n${title}`),
    line(what, value, of, ceiling, target) {
      const share = Math.round((value / ceiling) * 100);
      const aim = target === undefined ? "" : `; target ${number(target)}: ${verdict(value >= target)}`;
      print(`  ${what}: ${number(value)} (${share} % ${of}, ${number(ceiling)}/s)${aim}`);
    },
    value(what, value, unit, atMost) {
      print(
        `  ${what}: ${number(value)} ${unit}; target under ${number(atMost)}: ${verdict(value < atMost)}`,
      );
    },
    latency(p50, p99, max, targetP99) {
      print(
        `  p50 ${number(p50)} ms, p99 ${number(p99)} ms, max ${number(max)} ms; target p99 under ${number(targetP99)} ms: ${verdict(p99 < targetP99)}`,
      );
    },
    note: (text) => print(`  ${text}`),
  };
}
