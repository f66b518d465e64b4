/** Rows of figures that are seen while they are written. */
import { expect, test } from "vitest";
import type { AnswerSeries, Cell, InfluxClient } from "../../adapters/influx/client.ts";
import { createFigureReader } from "../../adapters/influx/figures.ts";
import type { Figure, FigureKey } from "../../model/figure.ts";

/** An answer with these rows, whatever is asked. */
function clientWith(first: Readonly<Record<string, string>>, values: Cell[][]): InfluxClient {
  const ask = async (_: readonly string[], take: (series: AnswerSeries, statement: number) => void) =>
    take({ name: "", tags: first, columns: [], values }, 0);
  return { ask } as unknown as InfluxClient;
}

async function read(key: FigureKey, values: Cell[][]): Promise<Figure[]> {
  const found: Figure[] = [];
  const site = key.owner.split("/")[0]!;
  const question = { keys: [key], window: "15m", from: 0, to: 10 } as const;
  await createFigureReader(clientWith({ site }, values))(question, (figure) => found.push(figure));
  return found;
}

const area: FigureKey = { scope: "site", owner: "s", carrier: "electricity" };
/** Time, amount to missing meters, four effects, output, its four effects, factors, unknown, carrier. */
const whole: Cell[] = [1, 5, 1, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0, 0, "f", 0, "electricity"];

test("a row of a site of which any field is not yet to be seen is not there", async () => {
  expect(await read(area, [whole])).toHaveLength(1);
  for (let place = 1; place <= 14; place += 1)
    expect(await read(area, [whole.with(place, null)]), `place ${place}`).toEqual([]);
});

test("a value that is said to be unknown is no field that is missing", async () => {
  for (const [bit, place] of [5, 6, 7, 8, 10, 11, 12, 13].entries()) {
    const [row] = await read(area, [whole.with(place, null).with(15, 1 << bit)]);
    expect(row, `place ${place}`).toBeDefined();
  }
});

test("a row of a meter needs its three fields", async () => {
  const meter: FigureKey = { scope: "meter", owner: "s/m", carrier: "electricity" };
  const row: Cell[] = [1, 5, 1, 0, "m", "electricity"];
  expect(await read(meter, [row])).toHaveLength(1);
  for (const place of [1, 2, 3]) expect(await read(meter, [row.with(place, null)])).toEqual([]);
});
