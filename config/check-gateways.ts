/** Checks of gateways against each other and against the meters they publish for. */
import type { Problem } from "../model/errors.ts";
import type { DecoderProfile, Site } from "../model/registry.ts";
import { filtersOverlap, meterFilter } from "../model/topics.ts";
import { reportOn } from "./report.ts";
import { createFilterIndex, filterProblem } from "./topic-filter.ts";

interface Entry {
  readonly file: string;
  readonly site: Site;
}

/** A gateway with its place. */
interface Place {
  readonly file: string;
  readonly path: string;
  readonly username: string;
  readonly topics: readonly string[];
}

function placesOf(entries: readonly Entry[]): Place[] {
  return entries.flatMap(({ file, site }) =>
    site.gateways.map(({ username, topics }, index) => ({
      file,
      path: `gateways[${index}]`,
      username,
      topics,
    })),
  );
}

/**
 * Reports user names given twice, and warns of one that begins another: a client id starts with its user
 * name, so that the shorter one could take the longer one's session.
 */
export function checkUsernames(problems: Problem[], entries: readonly Entry[]): void {
  const sorted = placesOf(entries).sort((a, b) =>
    a.username < b.username ? -1 : a.username > b.username ? 1 : 0,
  );
  sorted.forEach((place, index) => {
    const before = sorted[index - 1];
    if (before === undefined) return;
    const report = reportOn(problems, place.file, place.path);
    const other = `${before.file} ${before.path}`;
    if (before.username === place.username)
      report.error("username", `"${place.username}" is already used by ${other}: one gateway, one user name`);
    else if (place.username.startsWith(before.username))
      report.warning(
        "username",
        `"${place.username}" begins with "${before.username}" of ${other}, which could use its client ids: let neither begin with the other`,
      );
  });
}

/** Reports topic filters of two gateways that some topic matches both. */
export function checkGatewayOverlaps(problems: Problem[], entries: readonly Entry[]): void {
  const index = createFilterIndex<{ place: Place; filter: string }>();
  for (const place of placesOf(entries)) {
    const mine: string[] = [];
    place.topics.forEach((filter, at) => {
      if (filterProblem(filter) !== undefined) return;
      mine.push(filter);
      for (const other of index.overlapping(filter)) {
        reportOn(problems, place.file, place.path).error(
          `topics[${at}]`,
          `"${filter}" overlaps with "${other.filter}" of ${other.place.file} ${other.place.path}: two gateways must not publish to one topic`,
        );
      }
    });
    for (const filter of mine) index.add(filter, { place, filter });
  }
}

/** Warns of topic filters under which no meter of the site can publish. */
export function checkGatewayCoverage(
  problems: Problem[],
  entries: readonly Entry[],
  profiles: readonly DecoderProfile[],
): void {
  const live = profiles.filter((profile) => profile.topic !== undefined);
  for (const { file, site } of entries) {
    site.gateways.forEach((gateway, index) => {
      gateway.topics.forEach((filter, at) => {
        const covers = live.some((profile) =>
          site.meters.some((meter) => filtersOverlap(meterFilter(profile, site.id, meter.id), filter)),
        );
        if (covers || filterProblem(filter) !== undefined) return;
        reportOn(problems, file, `gateways[${index}]`).warning(
          `topics[${at}]`,
          `"${filter}" covers no meter of the site in any profile: correct it, for example v1/sites/${site.id}/#`,
        );
      });
    });
  }
}
