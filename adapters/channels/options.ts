/** What every channel is made with. */

/** What opens a channel, from the secrets file. */
export interface ChannelSecret {
  /** Of robots and webhooks: the address, which is itself a key. */
  readonly url?: string;
  /** Signs: of DingTalk (SEC…) and of webhooks. */
  readonly secret?: string;
  /** Of mail. */
  readonly password?: string;
}

export interface NotifierOptions {
  /** Longest that one try may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Lets http and mail without TLS leave this machine. */
  readonly allowPlaintext: boolean;
  readonly now: () => number;
  /** Where the console channel writes to; a text of several lines. */
  readonly write: (text: string) => void;
  /** PEM of an authority that mail servers may be signed by, beside the usual ones. */
  readonly ca?: string;
}
