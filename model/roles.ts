/** What an operator may do, from the least to the most; each may do what those before it may. */
export const roles = ["viewer", "officer", "admin"] as const;
export type Role = (typeof roles)[number];

/** Whether somebody with the role `has` may do what is for `needed`. */
export function mayAct(has: Role, needed: Role): boolean {
  return roles.indexOf(has) >= roles.indexOf(needed);
}
