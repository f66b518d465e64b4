import { expect, test } from "vitest";
import { admin, alertOf, DAY, duties, HOUR, leader, MONDAY_10, openDesk, plant } from "./county.ts";

const ID = "20261123-0001";
const kinds = (carried: { officer: string; kind: string }[]) =>
  carried.map(({ officer, kind }) => `${officer} ${kind}`).sort();

test("an alert is a matter that the plant and the leading agency hear of", () => {
  const { desk, store, carry } = openDesk();
  expect(desk.receive([alertOf("yellow")], MONDAY_10)).toEqual({ received: 1, new: 1, repeated: 0 });
  expect(kinds(carry(MONDAY_10 + 1_000))).toEqual(["ind-1 raised", "plant-1 raised"]);
  const matter = store.matter(ID)!;
  expect(matter).toMatchObject({
    state: "notified",
    lead: "industry",
    others: ["development", "ecology"],
    officers: ["plant-1", "ind-1"],
    notifiedAt: MONDAY_10 + 1_001,
  });
  expect(store.events(ID).map(({ seq, action, actor }) => `${seq} ${action} ${actor}`)).toEqual([
    "1 raise system",
    "2 notify system",
    "3 deliver system",
    "4 deliver system",
  ]);
});

test("a document that comes again changes nothing, whatever became of the matter", () => {
  const { desk, store, carry } = openDesk();
  const document = [alertOf("yellow"), alertOf("yellow", { site: "works-2" })];
  desk.receive(document, MONDAY_10);
  carry(MONDAY_10);
  const events = store.eventsSince(0, 1_000).length;
  expect(desk.receive(document, MONDAY_10 + HOUR)).toEqual({ received: 2, new: 0, repeated: 2 });
  desk.receive([alertOf("yellow", { status: "resolved", endsAt: MONDAY_10 + HOUR })], MONDAY_10 + HOUR);
  carry(MONDAY_10 + HOUR);
  const after = store.eventsSince(0, 1_000).length;
  expect(after).toBeGreaterThan(events);
  expect(desk.receive([...document, alertOf("yellow", { status: "resolved" })], MONDAY_10 + DAY).new).toBe(0);
  expect(store.eventsSince(0, 1_000)).toHaveLength(after);
  expect(carry(MONDAY_10 + 2 * DAY)).toEqual([]);
});

test("a repeat brings the newest figures along", () => {
  const { desk, store } = openDesk();
  desk.receive([alertOf("yellow")], MONDAY_10);
  desk.receive([alertOf("yellow", { values: { value: 1.05 } })], MONDAY_10 + HOUR);
  expect(store.matter(ID)!.alert.values).toEqual({ value: 1.05 });
});

test("a higher colour worsens the matter, is told to more people, and asks for an answer anew", () => {
  const { desk, store, carry } = openDesk();
  desk.receive([alertOf("yellow")], MONDAY_10);
  carry(MONDAY_10);
  desk.act(ID, { action: "acknowledge", text: "" }, plant, MONDAY_10 + 1_000);
  desk.receive([alertOf("red", { startsAt: MONDAY_10 + HOUR })], MONDAY_10 + HOUR);
  expect(store.matters({ state: "all", limit: 10 })).toHaveLength(1);
  const matter = store.matter(ID)!;
  expect(matter).toMatchObject({ colour: "red", state: "raised", dueAt: MONDAY_10 + 2 * HOUR });
  expect(matter.acknowledgedAt).toBeUndefined();
  expect(kinds(carry(MONDAY_10 + HOUR))).toEqual([
    "dev-1 worsened",
    "eco-1 worsened",
    "ind-1 worsened",
    "ind-head worsened",
    "office-head worsened",
    "plant-1 worsened",
  ]);
});

test("a lower colour that still fires says nothing; the end comes with the last of them, once", () => {
  const { desk, store, carry } = openDesk();
  const at = MONDAY_10;
  expect(desk.receive([alertOf("yellow"), alertOf("red"), alertOf("orange")], at).new).toBe(1);
  expect(store.matter(ID)!.colour).toBe("red");
  expect(carry(at)).toHaveLength(6);
  const end = (colour: "yellow" | "orange" | "red", endsAt: number) =>
    desk.receive([alertOf(colour, { status: "resolved", endsAt })], endsAt);
  expect(end("red", at + HOUR).new).toBe(0);
  expect(store.matter(ID)!.resolvedAt).toBeUndefined();
  end("orange", at + HOUR);
  expect(end("yellow", at + 2 * HOUR).new).toBe(1);
  expect(store.matter(ID)).toMatchObject({ resolvedAt: at + 2 * HOUR, state: "notified" });
  expect(kinds(carry(at + 2 * HOUR))).toEqual(
    ["dev-1", "eco-1", "ind-1", "ind-head", "office-head", "plant-1"].map((one) => `${one} resolved`),
  );
  end("yellow", at + 2 * HOUR);
  expect(carry(at + 3 * HOUR)).toEqual([]);
});

test("what fires again after its end is a matter of its own", () => {
  const { desk, store } = openDesk();
  desk.receive([alertOf("yellow")], MONDAY_10);
  desk.receive([alertOf("yellow", { status: "resolved", endsAt: MONDAY_10 + HOUR })], MONDAY_10 + HOUR);
  desk.receive([alertOf("yellow", { startsAt: MONDAY_10 + 2 * HOUR })], MONDAY_10 + 2 * HOUR);
  expect(store.matters({ state: "open", limit: 10 }).map(({ id }) => id)).toEqual([
    "20261123-0002",
    "20261123-0001",
  ]);
});

test("a source that forgot when the alert began does not double it, and its end is understood", () => {
  const { desk, store } = openDesk();
  desk.receive([alertOf("yellow")], MONDAY_10);
  const again = alertOf("yellow", { startsAt: MONDAY_10 + HOUR });
  expect(desk.receive([again], MONDAY_10 + HOUR).new).toBe(0);
  desk.receive([{ ...again, status: "resolved", endsAt: MONDAY_10 + 2 * HOUR }], MONDAY_10 + 2 * HOUR);
  expect(store.matters({ state: "all", limit: 10 })).toHaveLength(1);
  expect(store.matter(ID)!.resolvedAt).toBe(MONDAY_10 + 2 * HOUR);
});

test("a level that comes back beside a lower one that never ended is told again, once it was answered", () => {
  const { desk, store, carry } = openDesk();
  const at = MONDAY_10;
  desk.receive([alertOf("yellow"), alertOf("orange")], at);
  carry(at);
  const end = (startsAt: number, endsAt: number) =>
    desk.receive([alertOf("orange", { startsAt, status: "resolved", endsAt })], endsAt);
  const again = (startsAt: number) => desk.receive([alertOf("orange", { startsAt })], startsAt);
  end(at, at + HOUR);
  // Nobody has answered yet: its time goes on, and nobody is told twice.
  expect(again(at + 2 * HOUR).new).toBe(0);
  expect(carry(at + 2 * HOUR)).toEqual([]);
  end(at + 2 * HOUR, at + 3 * HOUR);
  desk.act(ID, { action: "acknowledge", text: "" }, plant, at + 4 * HOUR);
  expect(again(at + 5 * HOUR).new).toBe(1);
  expect(kinds(carry(at + 5 * HOUR))).toEqual(["ind-1 raised", "plant-1 raised"]);
  const matter = store.matter(ID)!;
  expect(matter).toMatchObject({ colour: "orange", state: "notified", clockFrom: at + 5 * HOUR });
  expect(matter.acknowledgedAt).toBeUndefined();
  expect(store.matters({ state: "all", limit: 9 })).toHaveLength(1);
});

test("what fires anew is a matter of its own where the one before was closed and never heard of its end", () => {
  const { desk, store, carry } = openDesk();
  const at = MONDAY_10;
  desk.receive([alertOf("red")], at);
  carry(at);
  const act = (action: Parameters<typeof desk.act>[1]["action"], text = "") =>
    desk.act(ID, { action, text }, admin, at + HOUR);
  act("explain", "试生产");
  act("rectify", "已停机");
  act("review");
  act("close");
  // What it says already, and less, is known.
  desk.receive([alertOf("red"), alertOf("yellow")], at + 2 * HOUR);
  expect(carry(at + 2 * HOUR)).toEqual([]);
  desk.receive([alertOf("red", { startsAt: at + DAY })], at + DAY);
  expect(store.matters({ state: "open", limit: 9 }).map(({ id }) => id)).toEqual(["20261124-0001"]);
  expect(kinds(carry(at + DAY)).filter((one) => one.startsWith("plant-1"))).toEqual(["plant-1 raised"]);
  desk.receive([alertOf("red", { startsAt: at + DAY, status: "resolved" })], at + DAY + HOUR);
  expect(store.matter("20261124-0001")!.resolvedAt).toBeDefined();
});

test("a closed matter whose series goes on in another says where, and is over", () => {
  const { desk, store } = openDesk();
  desk.receive([alertOf("red")], MONDAY_10);
  for (const action of ["explain", "rectify", "review", "close"] as const)
    desk.act(ID, { action, text: "x" }, admin, MONDAY_10 + HOUR);
  desk.receive([alertOf("red", { startsAt: MONDAY_10 + DAY })], MONDAY_10 + DAY);
  expect(store.matter(ID)).toMatchObject({ state: "closed", resolvedAt: MONDAY_10 + DAY });
  expect(store.events(ID).at(-1)).toMatchObject({
    action: "resolve",
    at: MONDAY_10 + DAY,
    details: { next: "20261124-0001" },
  });
});

test("the loop is gone through to its close, each step with who and when", () => {
  const { desk, store, carry } = openDesk();
  desk.receive([alertOf("orange")], MONDAY_10);
  carry(MONDAY_10);
  const act = (action: Parameters<typeof desk.act>[1]["action"], by: typeof plant, more = {}) =>
    desk.act(ID, { action, text: "", ...more }, by, MONDAY_10 + HOUR);
  act("acknowledge", plant);
  act("assign", leader, { officer: "plant-1" });
  expect(kinds(carry(MONDAY_10 + HOUR))).toEqual(["plant-1 reminder"]);
  expect(act("rectify", plant)).toMatchObject({ refused: { code: "text" } });
  act("rectify", plant, { text: "二号炉停机检修" });
  expect(act("review", plant)).toMatchObject({ refused: { code: "role" } });
  act("reject", leader, { text: "无照片" });
  expect(store.matter(ID)).toMatchObject({ state: "assigned", assignedTo: "plant-1" });
  act("rectify", plant, { text: "照片已附" });
  act("review", leader);
  expect(act("review", leader)).toMatchObject({ refused: { code: "state" } });
  act("close", admin);
  expect(store.matter(ID)).toMatchObject({ state: "closed", closedAt: MONDAY_10 + HOUR });
  expect(store.counts(MONDAY_10 + 30 * DAY)).toMatchObject({
    open: { yellow: 0, orange: 0, red: 0 },
    overdue: 0,
  });
  const done = store
    .events(ID)
    .filter(({ actor }) => actor !== "system")
    .map(({ action, actor }) => `${action} ${actor}`);
  expect(done).toEqual([
    "acknowledge plant",
    "assign ind",
    "rectify plant",
    "reject ind",
    "rectify plant",
    "review ind",
    "close admin",
  ]);
});

test("nobody answers: up the ladder in working hours, then it is overdue", () => {
  const { desk, store, carry } = openDesk();
  // Friday 16:00; working hours end at 17:30.
  const friday = Date.parse("2026-11-27T16:00:00+08:00");
  desk.receive([alertOf("orange", { startsAt: friday })], friday);
  carry(friday);
  const id = "20261127-0001";
  expect(store.matter(id)!.dueAt).toBe(Date.parse("2026-11-30T16:00:00+08:00"));
  desk.due(Date.parse("2026-11-29T23:00:00+08:00"));
  expect(store.matter(id)!.escalations).toBe(0);
  const monday = desk.nextDueAt()!;
  expect(monday).toBe(Date.parse("2026-11-30T16:00:00+08:00"));
  desk.due(monday);
  expect(kinds(carry(monday))).toEqual(["ind-head escalated"]);
  const tuesday = desk.nextDueAt()!;
  desk.due(tuesday);
  expect(kinds(carry(tuesday))).toEqual(["office-head escalated"]);
  expect(store.matter(id)).toMatchObject({
    escalations: 2,
    told: ["plant-1", "ind-1", "ind-head", "office-head"],
  });
  expect(desk.nextDueAt()).toBeUndefined();
  expect(store.counts(tuesday).overdue).toBe(1);
});

test("an answer stops the ladder", () => {
  const { desk, carry, store } = openDesk();
  desk.receive([alertOf("orange")], MONDAY_10);
  desk.act(ID, { action: "explain", text: "试生产" }, plant, MONDAY_10 + HOUR);
  desk.due(MONDAY_10 + 30 * DAY);
  expect(kinds(carry(MONDAY_10 + 30 * DAY))).toEqual(["ind-1 raised", "plant-1 raised"]);
  expect(store.matter(ID)).toMatchObject({
    state: "explained",
    acknowledgedAt: MONDAY_10 + HOUR,
    escalations: 0,
  });
});

test("quiet hours hold yellow back until the morning, and never red", () => {
  const { desk, carry, store } = openDesk();
  const night = Date.parse("2026-11-23T23:30:00+08:00");
  desk.receive([alertOf("yellow"), alertOf("red", { site: "works-2" })], night);
  expect(new Set(carry(night).flatMap(({ matters }) => matters))).toEqual(new Set(["20261123-0001"]));
  expect(store.matter("20261123-0001")!.colour).toBe("red");
  expect(store.tellingsOf("20261123-0002")).toHaveLength(2);
  const morning = Date.parse("2026-11-24T07:00:00+08:00");
  expect(desk.nextDueAt()).toBe(morning);
  desk.due(morning);
  expect(kinds(carry(morning)).filter((one) => one.endsWith("raised"))).toEqual([
    "ind-1 raised",
    "plant-1 raised",
  ]);
});

const night = MONDAY_10 + 13 * HOUR;
const morning = MONDAY_10 + 21 * HOUR;

test("what waits for the morning is not told after what overtook it in the night", () => {
  const { desk, store, carry } = openDesk();
  desk.receive([alertOf("yellow", { startsAt: night })], night);
  expect(carry(night)).toEqual([]);
  desk.receive([alertOf("red", { startsAt: night + HOUR })], night + HOUR);
  const told = carry(night + HOUR);
  expect(new Set(told.map(({ kind }) => kind))).toEqual(new Set(["worsened"]));
  desk.due(morning);
  expect(carry(morning)).toEqual([]);
  expect(store.matter(ID)!.colour).toBe("red");
});

test("what waits for the morning goes to whoever is there then", () => {
  const day = Math.floor((morning + 8 * HOUR) / DAY);
  const away = { absences: [{ from: day, to: day + 1 }], deputy: "dev-2" };
  const officers = duties.officers.map((one) => (one.id === "plant-1" ? { ...one, ...away } : one));
  const { desk, store, carry } = openDesk({ ...duties, officers });
  desk.receive([alertOf("yellow", { startsAt: night })], night);
  desk.due(morning);
  expect(kinds(carry(morning))).toEqual(["dev-2 raised", "ind-1 raised"]);
  desk.receive([alertOf("yellow", { startsAt: night, status: "resolved" })], morning + HOUR);
  expect(kinds(carry(morning + HOUR))).toContain("dev-2 resolved");
  expect(store.matter(ID)!.officers).toContain("plant-1");
});

test("a matter that nobody covers says so and is counted", () => {
  const { office: _, ...rest } = duties;
  const { desk, store } = openDesk({ ...rest, duties: [] });
  desk.receive([alertOf("red")], MONDAY_10);
  expect(store.events(ID)[1]).toMatchObject({ action: "notify", details: { nobody: 1, officers: "" } });
  expect(store.counts(MONDAY_10)).toMatchObject({ unassigned: 1, newest: ID });
  expect(store.matter(ID)).not.toHaveProperty("lead");
});

test("without a fitting duty the office leads", () => {
  const { desk, carry, store } = openDesk({ ...duties, duties: [] });
  desk.receive([alertOf("yellow")], MONDAY_10);
  expect(kinds(carry(MONDAY_10))).toEqual(["office-1 raised"]);
  expect(store.matter(ID)!.lead).toBe("office");
});

test("when every channel gave up on everybody, the ladder does not wait", () => {
  const { desk, store, outbox } = openDesk();
  desk.receive([alertOf("orange")], MONDAY_10);
  const rows = outbox.due("console", MONDAY_10, 10);
  const row = rows[0]!;
  outbox.write({
    rows: [{ ...row, state: "failed" }],
    attempts: [
      {
        delivery: row.id,
        notice: row.notice.id,
        matters: row.notice.matters,
        kind: "raised",
        channel: "console",
        officers: ["plant-1"],
        at: MONDAY_10,
        tookMs: 0,
        try: 1,
        status: "given-up",
        isRepeat: false,
        error: "refused by every channel",
      },
    ],
  });
  expect(desk.nextDueAt()).toBe(MONDAY_10);
  desk.due(MONDAY_10);
  expect(store.matter(ID)!.escalations).toBe(1);
  expect(store.events(ID).find(({ action }) => action === "fail-delivery")).toMatchObject({
    text: "refused by every channel",
    details: { channel: "console", last: 1 },
  });
});

test("events can be neither changed nor deleted", () => {
  const { desk, db } = openDesk();
  desk.receive([alertOf("yellow")], MONDAY_10);
  expect(() => db.exec("UPDATE event SET actor = 'x'")).toThrow("never changed");
  expect(() => db.exec("DELETE FROM event")).toThrow("never deleted");
  expect(() =>
    db.exec(
      "REPLACE INTO event(n, matter, seq, at, action, actor, text, details) SELECT n, matter, seq, at, 'close', 'x', '', '{}' FROM event",
    ),
  ).toThrow("never deleted");
});

test("what fails half-way leaves nothing behind", () => {
  const { desk, store } = openDesk();
  expect(() =>
    desk.receive([alertOf("yellow")], MONDAY_10, () => {
      throw new Error("disk full");
    }),
  ).toThrow("disk full");
  expect(store.matters({ state: "all", limit: 10 })).toEqual([]);
  desk.receive([alertOf("yellow")], MONDAY_10, () => store.putFact("cursor", "7"));
  expect(store.matter(ID)).toBeDefined();
  expect(store.fact("cursor")).toBe("7");
});

test("the month's summary counts each agency's matters by how they were answered", () => {
  const { desk, store } = openDesk();
  desk.receive([alertOf("orange"), alertOf("orange", { site: "works-2" })], MONDAY_10);
  desk.act("20261123-0001", { action: "acknowledge", text: "" }, plant, MONDAY_10 + HOUR);
  desk.act("20261123-0002", { action: "acknowledge", text: "" }, plant, MONDAY_10 + 5 * DAY);
  desk.receive([alertOf("orange", { site: "works-3", limit: "l3" })], MONDAY_10);
  const month = [Date.parse("2026-11-01T00:00:00+08:00"), Date.parse("2026-12-01T00:00:00+08:00")] as const;
  expect(store.summary(...month, MONDAY_10 + 6 * DAY)).toEqual([
    { agency: "industry", raised: 2, answeredInTime: 1, overdue: 1, closed: 0 },
    { agency: "office", raised: 1, answeredInTime: 0, overdue: 1, closed: 0 },
  ]);
});
