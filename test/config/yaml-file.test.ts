import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseText, readYaml } from "../../config/yaml-file.ts";
import type { Problem } from "../../model/errors.ts";
import { directoryOf } from "./directory.ts";

function problemsOf(text: string): Problem[] {
  const problems: Problem[] = [];
  expect(parseText("a.yaml", text, problems)).toBeUndefined();
  return problems;
}

describe("parseText", () => {
  it("reads YAML 1.2, in which a date is a text", () => {
    const text = "from: 2025-01-01\non: yes\nlist: [1, 2.50]\n# 注\nname: { zh: 岱山县 }\n";
    expect(parseText("a.yaml", text, [])).toEqual({
      from: "2025-01-01",
      on: "yes",
      list: [1, 2.5],
      name: { zh: "岱山县" },
    });
  });

  it("reads JSON to the same value, with or without a byte order mark", () => {
    const value = { a: [1, { b: 'a "quoted": text', "c:": "\\" }], d: null };
    expect(parseText("a.yaml", JSON.stringify(value), [])).toEqual(value);
    expect(parseText("a.yaml", `\uFEFF${JSON.stringify(value)}`, [])).toEqual(value);
    expect(parseText("a.yaml", "{ a: 1, b: [2] }", [])).toEqual({ a: 1, b: [2] });
  });

  it("names the line of a syntax error", () => {
    expect(problemsOf("id: works-1\ncategory: [port\nmeters: []\n")).toMatchObject([
      { file: "a.yaml", path: "line 3, column 1", message: expect.stringContaining("is no YAML") },
    ]);
  });

  it.each([
    ["YAML", "a: 1\nb: 2\na: 3\n", "line 3, column 1"],
    ["JSON", '{ "a": 1, "b": { "c": 1, "c": 2 } }', "line 1, column 26"],
    ["JSON behind an escaped quote", '{ "a": "\\"x\\":", "a": 2 }', "line 1, column 18"],
  ])("refuses a key given twice in %s", (_form, text, path) => {
    expect(problemsOf(text)).toMatchObject([
      { path, message: expect.stringContaining("Map keys must be unique") },
    ]);
  });

  it("refuses a tag it does not know, several documents, and aliases that explode", () => {
    expect(problemsOf("a: !secret b\n")).toHaveLength(1);
    expect(problemsOf("a: 1\n---\nb: 2\n").length).toBeGreaterThan(0);
    const bomb = ["a0: &a0 [x, x]"];
    for (let i = 1; i < 30; i++) bomb.push(`a${i}: &a${i} [*a${i - 1}, *a${i - 1}]`);
    expect(problemsOf(bomb.join("\n"))).toMatchObject([{ message: expect.stringContaining("alias") }]);
  });
});

describe("readYaml", () => {
  it("says when a file is missing, empty or not UTF-8", async () => {
    const directory = await directoryOf({ "empty.yaml": "# nothing yet\n" });
    writeFileSync(join(directory, "gbk.yaml"), Buffer.from([0x61, 0x3a, 0x20, 0xe1, 0xb7, 0xc9, 0xbd]));
    const problems: Problem[] = [];
    for (const file of ["none.yaml", "empty.yaml", "gbk.yaml"])
      expect(await readYaml(directory, file, problems)).toBeUndefined();
    expect(problems.map(({ file, message }) => `${file} ${message}`)).toEqual([
      "none.yaml is missing",
      "empty.yaml is empty",
      "gbk.yaml is not UTF-8: save it as UTF-8",
    ]);
  });
});
