/** The documents against the program: what they list is what there is, and what they point to exists. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, test } from "vitest";
import { productionVariables } from "../app/settings.ts";
import { measurements } from "../model/measurements.ts";
import { verdicts } from "../model/reading.ts";
import { rejectCodes } from "../model/reject.ts";
import { projectRoot } from "./program.ts";

const read = (path: string): string => readFileSync(join(projectRoot, path), "utf8");

function filesIn(folder: string, ending: RegExp): string[] {
  return readdirSync(join(projectRoot, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && ending.test(entry.name))
    .map((entry) => relative(projectRoot, join(entry.parentPath, entry.name)));
}

const decisions = filesIn("docs/adr", /\.md$/).sort();
const documents = [
  ...readdirSync(projectRoot).filter((name) => name.endsWith(".md")),
  ...filesIn("docs", /\.md$/),
  ...filesIn("examples", /\.md$/),
];

/** Sources of the program, which documents may name without their folder. */
const sources = [
  ...readdirSync(projectRoot).filter((name) => name.endsWith(".ts")),
  ...["ingest", "processors", "board", "config", "demo", "model", "adapters"].flatMap((folder) =>
    filesIn(folder, /\.tsx?$/),
  ),
];
const sourceNames = new Set(sources.map((file) => file.split("/").at(-1)));

/** Names in code spans of a table's cell. */
const names = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1]!);

/** Cells of the rows of the tables below a heading. */
function rowsUnder(text: string, heading: string): string[][] {
  const section = text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? "";
  return section
    .split("\n")
    .filter((line) => line.startsWith("|") && !/^\|[\s|-]*\|$/.test(line))
    .map((line) => line.split("|").slice(1, -1));
}

/** Names in the first cells of the tables below a heading. */
const firstNames = (text: string, heading: string): string[] =>
  rowsUnder(text, heading).flatMap((cells) => names(cells[0] ?? ""));

/** Headings as the links to them are written. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map((match) =>
    match[1]!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

describe("docs/measurements.md", () => {
  const page = read("docs/measurements.md");

  test("has every measurement with its tags and fields, in their order, and no other", () => {
    const listed = rowsUnder(page, "Series")
      .filter((cells) => names(cells[0] ?? "").length > 0)
      .map(([name, tags, fields]) => [names(name!)[0], { tags: names(tags!), fields: names(fields!) }]);
    expect(Object.fromEntries(listed)).toEqual(measurements);
  });

  test("says what every tag and every field is, and of no other", () => {
    const all = Object.values(measurements);
    const tags = new Set<string>(all.flatMap(({ tags }) => [...tags]));
    const fields = new Set<string>(all.flatMap(({ fields }) => [...fields]));
    expect(firstNames(page, "Tags").sort()).toEqual([...tags].sort());
    expect(firstNames(page, "Fields").sort()).toEqual([...fields].sort());
  });
});

describe("docs/operation.md", () => {
  const page = read("docs/operation.md");
  const program = read("main.ts") + read("cli/options.ts");

  test("says of every reject code what to do, and of no other", () => {
    expect(firstNames(page, "Rejects").sort()).toEqual([...rejectCodes].sort());
    for (const cells of rowsUnder(page, "Rejects").slice(1)) {
      expect(cells.filter((cell) => cell.trim() === "")).toEqual([]);
    }
  });

  test("has every command of the command line", () => {
    const commands = [...program.matchAll(/^ {4}case "([a-z]+)":$/gm)].map((match) => match[1]!);
    expect(commands.length).toBeGreaterThanOrEqual(10);
    const listed = firstNames(page, "Commands").map((name) => name.split(" ")[0]);
    expect(commands.filter((command) => !listed.includes(command))).toEqual([]);
  });

  test("has every option", () => {
    const block = /^const options = \{\n(.*?)^\} as const;/ms.exec(program)?.[1] ?? "";
    const options = [...block.matchAll(/^ {2}"?([a-z-]+)"?: \{/gm)].map((match) => match[1]!);
    expect(options.length).toBeGreaterThanOrEqual(25);
    expect(options.filter((option) => !page.includes(`--${option}`))).toEqual([]);
  });
});

test("docs/glossary.md has every verdict", () => {
  const page = read("docs/glossary.md");
  expect(verdicts.filter((verdict) => !page.includes(`| \`${verdict}\` |`))).toEqual([]);
});

describe.each(documents)("%s", (document) => {
  const text = read(document);
  const prose = text.replace(/^```[\s\S]*?^```/gm, "");

  test("links to what exists", () => {
    const broken = [...prose.matchAll(/(!?)\[[^\]]*\]\(([^)\s]+)\)/g)].filter(([, image, link]) => {
      const [path = "", anchor] = link!.split("#");
      if (/^https?:/.test(link!)) return false;
      // Pictures are taken from a running board; until the first is there, none is.
      if (image && !existsSync(join(projectRoot, "docs/images"))) return false;
      const target = path === "" ? document : join(dirname(document), path);
      if (!existsSync(join(projectRoot, target))) return true;
      return anchor !== undefined && !anchorsOf(read(target)).includes(anchor);
    });
    expect(broken.map((match) => match[0])).toEqual([]);
  });

  test("names files of the tree that exist", () => {
    const named = [...prose.matchAll(/`([\w.-]+(?:\/[\w.-]+)*\.(?:ts|tsx|mjs|yaml|db))`/g)].map(
      (match) => match[1]!,
    );
    const lost = named.filter((file) =>
      file.includes("/")
        ? !existsSync(join(projectRoot, file))
        : file.endsWith(".ts") && !sourceNames.has(file),
    );
    expect(lost).toEqual([]);
  });

  test("has no path of a machine", () => {
    expect(text.match(/(?<![\w.])\/(?:work|root|tmp|home|Users)\/\S*/g)).toBeNull();
  });
});

describe.each(decisions)("%s", (document) => {
  test("begins with its objective", () => {
    expect(read(document)).toMatch(/^# \d+\. .+\n\n\*\*Objective\.\*\* .+\n\n## Context\n/);
    expect(document).toMatch(/\/\d{4}-[a-z0-9-]+\.md$/);
  });
});

describe("docs/production.md", () => {
  test("lists every variable of the production stack", () => {
    const listed = firstNames(read("docs/production.md"), "Settings of a process");
    expect(
      listed.filter((name) => !["ENERGY_STACK", "ENERGY_ROLE", "ENERGY_LOG_LEVEL"].includes(name)).sort(),
    ).toEqual([...productionVariables].sort());
  });
});
