/** Whatever comes in whatever order: the state is what the events say, and nothing is told twice. */
import "../../property-seed.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createDeskStore } from "../../../adapters/sqlite/desk.ts";
import { openDatabase } from "../../../adapters/sqlite/driver.ts";
import type { Actor } from "../../../alerts/desk/actions.ts";
import { createDesk } from "../../../alerts/desk/desk.ts";
import { workingTimeOf } from "../../../alerts/escalate/working-time.ts";
import { type MatterAction, type MatterState, officerActions } from "../../../model/alert.ts";
import type { DeskMatter } from "../../../model/desk.ts";
import { colours } from "../../../model/limit.ts";
import { admin, alertOf, calendar, duties, HOUR, leader, MONDAY_10, plant, registryWith } from "./county.ts";

const small = (max: number) => fc.integer({ min: 0, max });
const steps = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant("alert" as const),
        colour: small(2),
        site: small(1),
        start: small(2),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant("end" as const),
        colour: small(2),
        site: small(1),
        start: small(2),
      }),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant("act" as const),
        action: small(7),
        actor: small(2),
        matter: small(3),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant("wait" as const), hours: fc.integer({ min: 1, max: 60 }) }),
    },
  ),
  // As long as may be: what goes wrong needs a matter closed and raised again.
  { maxLength: 40, size: "max" },
);
const actors: readonly Actor[] = [plant, leader, admin];

/** The state that the events of a matter lead to, worked out from them alone. */
function stateFrom(actions: readonly MatterAction[], assigned: boolean): MatterState {
  let state: MatterState = "raised";
  let isAssigned = false;
  const to: Partial<Record<MatterAction, MatterState>> = {
    raise: "raised",
    worsen: "raised",
    acknowledge: "acknowledged",
    explain: "explained",
    assign: "assigned",
    rectify: "rectified",
    review: "reviewed",
    close: "closed",
  };
  for (const action of actions) {
    if (action === "assign") isAssigned = true;
    if (action === "reject" || action === "reopen") state = isAssigned ? "assigned" : "acknowledged";
    else state = to[action] ?? state;
  }
  expect(isAssigned).toBe(assigned);
  return state;
}

function check(matter: DeskMatter, actions: readonly MatterAction[], seqs: readonly number[]): void {
  expect(seqs).toEqual(seqs.map((_, i) => i + 1));
  expect(actions[0]).toBe("raise");
  expect(matter.state).toBe(stateFrom(actions, matter.assignedTo !== undefined));
  expect(matter.closedAt !== undefined).toBe(matter.state === "closed");
  // Once answered the ladder stands still.
  if (!["raised", "notified"].includes(matter.state)) expect(matter.nextAt).toBeUndefined();
  expect(matter.escalations).toBe(actions.filter((one) => one === "escalate").length);
  expect(actions.filter((one) => one === "resolve").length).toBe(matter.resolvedAt === undefined ? 0 : 1);
}

test("every way through the loop", () => {
  fc.assert(
    fc.property(steps, (all) => {
      const store = createDeskStore(openDatabase(":memory:"));
      const registry = registryWith();
      const compose = (kind: "raised", _matters: unknown, language: "zh") => ({
        language,
        kind,
        colour: "red" as const,
        title: "",
        facts: [],
        lines: [],
        links: [],
      });
      const desk = createDesk({
        store,
        registry,
        calendar,
        work: workingTimeOf(duties.calendar, calendar),
        compose: compose as never,
      });
      let now = MONDAY_10;
      for (const step of all) {
        if (step.kind === "wait") {
          now += step.hours * HOUR;
          desk.due(now);
        } else if (step.kind === "act") {
          const matter = store.matters({ state: "all", limit: 10 })[step.matter];
          if (matter === undefined) continue;
          const action = officerActions[step.action]!;
          const before = JSON.stringify(store.events(matter.id));
          const acted = desk.act(
            matter.id,
            { action, text: "x", officer: "plant-1" },
            actors[step.actor]!,
            now,
          );
          // What is refused leaves no trace.
          if ("refused" in acted) expect(JSON.stringify(store.events(matter.id))).toBe(before);
        } else {
          const alert = alertOf(colours[step.colour]!, {
            site: `works-${step.site + 1}`,
            startsAt: MONDAY_10 + step.start,
            ...(step.kind === "end" ? { status: "resolved" as const, endsAt: now } : {}),
          });
          desk.receive([alert], now);
          const events = store.eventsSince(0, 10_000).length;
          expect(desk.receive([alert], now).new).toBe(0);
          expect(store.eventsSince(0, 10_000)).toHaveLength(events);
        }
      }
      const matters = store.matters({ state: "all", limit: 1_000 });
      for (const matter of matters) {
        const events = store.events(matter.id);
        check(
          matter,
          events.map(({ action }) => action),
          events.map(({ seq }) => seq),
        );
      }
      // Of one subject at most one matter is open and firing.
      const firing = matters.filter(
        ({ resolvedAt, closedAt }) => resolvedAt === undefined && closedAt === undefined,
      );
      expect(new Set(firing.map(({ subject }) => subject)).size).toBe(firing.length);
      store.close();
    }),
    { numRuns: 200 },
  );
});
