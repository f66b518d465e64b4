/** Addresses of officers, as the channels take them: what `check` refuses is what a channel would refuse. */
import type { Channel } from "./duty.ts";

const CHINA = /^\+?86[- ]?(?=1\d{10}$)/;

/** A mobile number of the mainland without its country's code; undefined where it is none. */
export function mainlandMobile(address: string): string | undefined {
  const plain = address.replace(CHINA, "");
  return /^1\d{10}$/.test(plain) ? plain : undefined;
}

/** As DingTalk takes them: 11 digits, or with the country's code and a hyphen. */
function dingtalkMobile(address: string): string | undefined {
  const plain = address.replace(CHINA, "").replace(/^\+/, "");
  return /^\d{1,4}-?\d{5,14}$/.test(plain) ? plain : undefined;
}

/** `@all` would call the whole group. */
const wecomUser = (address: string): string | undefined =>
  /^\w[\w.@-]{0,63}$/.test(address) ? address : undefined;

/** Plain addresses alone: one address, no comment, no list, no line end. */
const mailForm = /^[^\s<>()[\],;:\\"@]{1,64}@[A-Za-z0-9.-]{1,253}$/;

interface AddressForm {
  /** The address as it is sent; undefined where it cannot be one. */
  readonly read: (address: string) => string | undefined;
  /** What it has to be. */
  readonly what: string;
}

/** Of the kinds of channel that do not take anything. */
export const addressForms = {
  dingtalk: { read: dingtalkMobile, what: "a mobile number, such as 13800001111" },
  wecom: {
    read: (address: string) => mainlandMobile(address) ?? wecomUser(address),
    what: "a user id, or a mobile number",
  },
  smtp: { read: (address: string) => (mailForm.test(address) ? address : undefined), what: "a mail address" },
} as const satisfies Partial<Record<Channel["kind"], AddressForm>>;

/** The form of a kind's addresses; undefined where it takes anything. */
export const addressFormOf = (kind: Channel["kind"]): AddressForm | undefined =>
  (addressForms as Partial<Record<Channel["kind"], AddressForm>>)[kind];
