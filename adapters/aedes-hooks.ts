/** What aedes asks us: may this client in, may it publish, may it subscribe. */
import type { AedesOptions, AuthenticateError, Client, ConnectPacket, PublishPacket } from "aedes";
import type { SourceMessage } from "../model/ports.ts";
import type { Admission, ConnectRefusal } from "./aedes-admission.ts";
import type { Intake } from "./aedes-intake.ts";
import type { Refusals } from "./aedes-refusals.ts";
import type { PacketGuard } from "./packet-guard.ts";

type Hooks = Required<
  Pick<
    AedesOptions,
    "preConnect" | "authenticate" | "authorizePublish" | "authorizeSubscribe" | "authorizeForward"
  >
>;

/** Makes the hooks of one listener. Every connection must come through a `PacketGuard`. */
export function brokerHooks(parts: {
  readonly admission: Admission;
  readonly intake: Intake;
  readonly refusals: Refusals;
  readonly accept: (message: SourceMessage) => Promise<void>;
}): Hooks {
  const { admission, intake, refusals, accept } = parts;
  const connects = new WeakMap<Client, ConnectPacket>();
  const refuse = (client: Client, refusal: ConnectRefusal): AuthenticateError => {
    const { code, detail, returnCode } = refusal;
    const { username, remote } = guardOf(client);
    const will = connects.get(client)?.will;
    intake.countRefusal(code);
    refusals.note({
      code,
      detail: `${remote}: ${detail}`,
      topic: will?.topic ?? "$connect",
      payload: Buffer.from(will?.payload ?? ""),
      gateway: username !== undefined && admission.isGateway(username) ? username : undefined,
    });
    return Object.assign(new Error(detail), { returnCode });
  };
  return {
    preConnect(client, packet, done) {
      connects.set(client, packet);
      // Sessions would be kept in memory, and fill it for subscribers that never come back.
      packet.clean = true;
      done(null, true);
    },
    authenticate(client, username, password, done) {
      const packet = connects.get(client);
      const hasWill = packet?.will !== undefined;
      const clientId = packet?.clientId ?? "";
      guardOf(client).username = username;
      admission.judgeConnect({ clientId, username, password: password?.toString(), hasWill }).then(
        (refusal) => (refusal ? done(refuse(client, refusal), null) : done(null, true)),
        (error: AuthenticateError) => done(error, null),
      );
    },
    authorizePublish(client, packet, done) {
      // The broker's own messages have no client.
      if (!client) return done(null);
      intake.take(guardOf(client), packet as PublishPacket, admission, accept, done);
    },
    authorizeSubscribe(client, subscription, done) {
      const isGranted = admission.maySubscribe(guardOf(client).username, subscription.topic);
      done(null, isGranted ? subscription : null);
    },
    // A subscriber that does not read must hold up nobody who publishes.
    authorizeForward: (client, packet) => (guardOf(client).writableNeedDrain ? null : packet),
  };
}

function guardOf(client: Client): PacketGuard {
  return client.conn as PacketGuard;
}
