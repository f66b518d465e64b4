import fc from "fast-check";
import { expect, test } from "vitest";
import { type CsvRecord, createCsvReader, rowOf } from "../../ingest/csv.ts";
import { compilePointer } from "../../ingest/json-pointer.ts";
import { parseJson } from "../../ingest/json-text.ts";

test("any JSON document parses to what JSON.parse says", () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 6 }), fc.constantFrom(undefined, 1, "\t"), (json, indent) => {
      const text = JSON.stringify(JSON.parse(json), undefined, indent);
      expect(parseJson(text)).toEqual({ value: JSON.parse(text) });
    }),
    { numRuns: 2000, seed: 7 },
  );
});

test.each([
  '{"a":1,"a":2}',
  '{"a":1,"\\u0061":1}',
  '[{"x":{"a" :1, "b":2 ,"a":3}}]',
  '{"__proto__":1,"__proto__":2}',
  '{"a\\"":1,"a\\"":":"}',
])("a key named twice is refused: %s", (text) => {
  expect(parseJson(text).fault?.code).toBe("malformed-json");
});

test.each(['{"a":"\\"a\\":1","b":":"}', '{"\\\\":1,"\\\\\\"":2}', '{"__proto__":1}', '{"":{"":1}}', '"a:b"'])(
  "keys are told from text: %s",
  (text) => {
    expect(parseJson(text)).toEqual({ value: JSON.parse(text) });
  },
);

test("nesting is bounded", () => {
  const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
  expect(parseJson(nested(32)).fault).toBeUndefined();
  expect(parseJson(nested(33)).fault?.code).toBe("wrong-shape");
  expect(parseJson(nested(100_000)).fault?.code).toBe("wrong-shape");
  expect(parseJson("[".repeat(100_000)).fault?.code).toBe("malformed-json");
});

// RFC 6901 §5
test.each([
  ["", true],
  ["/foo", ["bar", "baz"]],
  ["/foo/0", "bar"],
  ["/", 0],
  ["/a~1b", 1],
  ["/c%d", 2],
  ["/i\\j", 5],
  ['/k"l', 6],
  ["/ ", 7],
  ["/m~0n", 8],
  ["/foo/2", undefined],
  ["/foo/00", undefined],
  ["/foo/length", undefined],
  ["/toString", undefined],
  ["/none/x", undefined],
])("pointer %s", (pointer, value) => {
  const document = { foo: ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "i\\j": 5, 'k"l': 6, " ": 7, "m~n": 8 };
  expect(compilePointer(pointer)(document)).toEqual(pointer === "" ? document : value);
});

test("a pointer begins with a slash", () => {
  expect(() => compilePointer("foo")).toThrow(/begin it with "\/"/);
});

function readCsv(text: string, piece: number): CsvRecord[] {
  const reader = createCsvReader();
  const records: CsvRecord[] = [];
  for (let i = 0; i < text.length; i += piece) records.push(...reader.push(text.slice(i, i + piece)));
  return [...records, ...reader.end()];
}

const cells = (text: string, piece = 1000) =>
  readCsv(text, piece).map((record) => record.flaw ?? record.cells);

test("CSV as spreadsheets write it", () => {
  expect(cells("\uFEFFa,b\r\n1,2\r\n\r\n  \n3,4")).toEqual([
    ["a", "b"],
    ["1", "2"],
    ["3", "4"],
  ]);
  expect(cells('a,"b,c"\n"say ""hi""",2\n"two\nlines",3')).toEqual([
    ["a", "b,c"],
    ['say "hi"', "2"],
    ["two\nlines", "3"],
  ]);
});

test("the text may come in pieces of any size", () => {
  const text = '\uFEFFa,b\r\n1,"x\r\ny"\r\n"q,r",2\n\n3,4\n';
  const whole = readCsv(text, 1000);
  for (const piece of [1, 2, 3, 7]) expect(readCsv(text, piece)).toEqual(whole);
  expect(whole.map((record) => record.line)).toEqual([1, 2, 4, 6]);
});

test("a quote that is never closed costs its own line only", () => {
  const lines = Array.from({ length: 60 }, (_, i) => `${i},1`);
  const text = ["a,b", '"broken,1', ...lines].join("\n");
  const found = readCsv(text, 64);
  expect(found.filter((record) => record.flaw)).toHaveLength(1);
  expect(found[1]).toMatchObject({
    line: 2,
    text: '"broken,1',
    flaw: expect.stringContaining("never closed"),
  });
  expect(found.slice(2).map((record) => record.cells.join(","))).toEqual(lines);
});

test("quotes in the wrong place and endless lines are flaws of their line", () => {
  const found = cells(`a,b\n1"2",3\n${"9".repeat(200_000)},1\n5,6`, 10_000);
  expect(found[0]).toEqual(["a", "b"]);
  expect(found[1]).toMatch(/quote/i);
  expect(found[2]).toMatch(/line of 200002 characters/);
  expect(found[3]).toEqual(["5", "6"]);
});

test("a row that does not fit its header says so", () => {
  const [record] = readCsv("1,2,3", 10);
  expect(rowOf(["a", "b"], record!)).toBe("row has 3 cells, the header has 2");
  expect(rowOf(["a", "b", "c"], record!)).toEqual(
    new Map([
      ["a", "1"],
      ["b", "2"],
      ["c", "3"],
    ]),
  );
});
