/** `backup` and `restore` on small files of SQLite. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { alertsFile, databaseFile } from "../../adapters/data-directory.ts";
import { besideDatabase, openDatabase, troubleIn } from "../../adapters/sqlite/driver.ts";
import { backup, restore } from "../../cli/files.ts";
import { UsageError } from "../../model/errors.ts";
import { temporaryDirectory } from "../world.ts";

let directory: ReturnType<typeof temporaryDirectory>;
let data: string;
let copy: string;

function writeRows(path: string, rows: number): void {
  const db = openDatabase(path);
  db.exec("CREATE TABLE row(n INTEGER PRIMARY KEY, text TEXT)");
  for (let n = 0; n < rows; n += 1) db.prepare("INSERT INTO row VALUES(?, ?)").run(n, "x".repeat(500));
  db.close();
}

function rowsIn(path: string): number {
  const db = openDatabase(path, { readOnly: true });
  const { n } = db.prepare("SELECT count(*) AS n FROM row").get() as { n: number };
  db.close();
  return n;
}

beforeEach(() => {
  vi.spyOn(process.stdout, "write").mockReturnValue(true);
  directory = temporaryDirectory();
  data = directory.path;
  copy = join(data, "backups/day.db");
  writeRows(databaseFile(data), 100);
  writeRows(alertsFile(data), 3);
});
afterEach(() => {
  vi.restoreAllMocks();
  directory.remove();
});

const elsewhere = () => join(directory.path, "restored");

describe("a backup", () => {
  test("comes back as it was, and nothing else is left of the way", async () => {
    expect(await backup({ data }, [copy])).toBe(0);
    expect(readdirSync(join(data, "backups")).sort()).toEqual(["day.alerts.db", "day.db"]);
    expect(await restore({ data: elsewhere() }, [copy])).toBe(0);
    expect(readdirSync(elsewhere()).sort()).toEqual(["alerts.db", "energy.db", "running.lock"]);
    expect([rowsIn(databaseFile(elsewhere())), rowsIn(alertsFile(elsewhere()))]).toEqual([100, 3]);
  });

  test("takes its name only when it is whole", async () => {
    truncateSync(databaseFile(data), statSync(databaseFile(data)).size - 8192);
    await expect(backup({ data }, [copy])).rejects.toThrow();
    expect(readdirSync(join(data, "backups"))).toEqual(["day.alerts.db"]);
  });

  test("is made over what a broken-off one left behind", async () => {
    await backup({ data }, [copy]);
    const second = join(data, "backups/again.db");
    writeFileSync(`${second}.part`, readFileSync(copy).subarray(0, 5000));
    writeFileSync(`${second}.part-journal`, "left behind");
    await backup({ data }, [second]);
    expect(rowsIn(second)).toBe(100);
    expect(readdirSync(join(data, "backups")).filter((name) => name.includes(".part"))).toEqual([]);
  });

  test("of an empty database is none", async () => {
    writeFileSync(alertsFile(data), "");
    await expect(backup({ data }, [copy])).rejects.toThrow(/not sound: it is empty/);
    expect(readdirSync(join(data, "backups"))).toEqual([]);
  });
});

describe("restore", () => {
  test.each([
    ["nothing of it", () => Buffer.alloc(0), "it is empty"],
    ["a part of it", (whole: Buffer) => whole.subarray(0, 12_288), /malformed|corrupt|page/],
    ["something else", () => Buffer.from("not a database, but long enough to be looked at".repeat(9)), /./],
  ])("refuses a copy with %s, and leaves the directory as it was", async (_, cut, why) => {
    await backup({ data }, [copy]);
    writeFileSync(copy, cut(readFileSync(copy)));
    expect(troubleIn(copy)).toMatch(why);
    const refused = restore({ data: elsewhere() }, [copy]);
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow(/day\.db: not a sound backup/);
    expect(existsSync(elsewhere())).toBe(false);
  });

  test.each(
    [databaseFile(""), alertsFile("")]
      .flatMap((file) => [file, ...besideDatabase(file)])
      .map((name) => [name]),
  )("refuses a directory with %s", async (name) => {
    await backup({ data }, [copy]);
    mkdirSync(elsewhere());
    writeFileSync(join(elsewhere(), name), "left behind");
    const refused = restore({ data: elsewhere() }, [copy]);
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow(`${join(elsewhere(), name)}: there already`);
    expect(readdirSync(elsewhere()).sort()).toEqual([name, "running.lock"].sort());
  });
});
