/** Addresses of those a message is for. */
import { ChannelRefused, type Recipient } from "../../model/notice.ts";

/**
 * Each recipient's address as the channel takes it, each once.
 * @param reading undefined where it cannot be one
 * @throws ChannelRefused with the officers whose address is none, so that the others are told without them
 */
export function addressesOf(
  recipients: readonly Recipient[],
  reading: (address: string) => string | undefined,
  wrong: string,
): string[] {
  const addresses = new Set<string>();
  const officers: string[] = [];
  for (const recipient of recipients) {
    const address = reading(recipient.address);
    if (address === undefined) officers.push(recipient.officer);
    else addresses.add(address);
  }
  if (officers.length === 0) return [...addresses];
  const names = officers.map((officer) => `"${officer}"`).join(", ");
  throw new ChannelRefused(
    `the address of officer ${names} is ${wrong}: correct it in duties.yaml`,
    officers,
  );
}
