import { parse } from "csv-parse/sync";
import { describe, expect, it } from "vitest";
import type { ConsumptionAnswer } from "../../board/api/figures.ts";
import { csvField } from "../../board/queries/csv.ts";
import { figure, openBoard } from "./county.ts";

describe("CSV", () => {
  it("says what the JSON says, field by field", async () => {
    const board = openBoard();
    await board.put(
      figure("site", "works", "day", "2026-11-01", -1.25e-7, { factors: ["a", "b"], missingMeters: 2 }),
      figure("site", "works", "day", "2026-11-02", 12345678.9),
    );
    const params = { site: "works", window: "day", from: "2026-11-01", to: "2026-12-01" };
    const answer = await board.run("consumption", { ...params, format: "csv" });
    expect(answer).toMatchObject({ status: 200, contentType: "text/csv; charset=utf-8; header=present" });
    expect(answer.body.endsWith("\r\n")).toBe(true);
    const parsed = parse(answer.body, { columns: true, record_delimiter: "\r\n" }) as Record<
      string,
      string
    >[];
    const { rows } = await board.ask<ConsumptionAnswer>("consumption", params);
    expect(parsed).toHaveLength(2);
    for (const [i, row] of rows.entries()) {
      const line = parsed[i] ?? {};
      for (const [field, value] of Object.entries(row)) {
        const text = Array.isArray(value) ? value.join(" ") : value === null ? "" : String(value);
        expect(line[field], field).toBe(text);
      }
      expect(line.group).toBe("");
    }
    expect(Number(parsed[0]?.amount)).toBe(-1.25e-7);
    await board.close();
  });

  it("has a header even where there are no rows", async () => {
    const board = openBoard();
    const params = { group: "county", window: "day", from: "2026-11-01", to: "2026-12-01", format: "csv" };
    const { body } = await board.run("consumption", params);
    expect(body.split("\r\n")).toHaveLength(2);
    expect(body).toMatch(/^start,end,site,group,meter,carrier,amount,unit,/);
    await board.close();
  });

  it.each([
    ["=1+2", "'=1+2"],
    ["+86", "'+86"],
    ["-x", "'-x"],
    ["@cmd", "'@cmd"],
    ["\tx", "'\tx"],
    ['a"b', '"a""b"'],
    ["a,b", '"a,b"'],
    ["a\nb", '"a\nb"'],
    ['=cmd|"x",1', `"'=cmd|""x"",1"`],
    [-5.5, "-5.5"],
    [null, ""],
    [undefined, ""],
    [false, "false"],
  ])("writes %j as %j", (value, field) => {
    expect(csvField(value)).toBe(field);
  });
});
