/** Who may connect, publish and subscribe. */
import type { RejectCode } from "../model/reject.ts";

/** Which topics a user may use; see `ingest/permissions.ts`. */
export interface TopicPermissions {
  isGateway(username: string): boolean;
  mayPublish(username: string, topic: string): boolean;
  maySubscribe(username: string, filter: string): boolean;
  ownsClientId(username: string, clientId: string): boolean;
}

/** Password checks by user name. */
export type Credentials = ReadonlyMap<string, (password: string) => Promise<boolean>>;

/** What a CONNECT says. */
export interface Connect {
  readonly clientId: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly hasWill: boolean;
}

/** Why a CONNECT is refused, and the return code of its CONNACK (MQTT 3.1.1 §3.2.2.3). */
export interface ConnectRefusal {
  readonly code: RejectCode;
  readonly detail: string;
  readonly returnCode: 2 | 5;
}

/** The rules of one listener. Without credentials anyone is let in, but a known gateway is held to its topics. */
export interface Admission {
  isGateway(username: string): boolean;
  judgeConnect(connect: Connect): Promise<ConnectRefusal | undefined>;
  mayPublish(username: string | undefined, topic: string): boolean;
  maySubscribe(username: string | undefined, filter: string): boolean;
}

/** Makes the rules out of the gateways' permissions and, where there are any, their passwords. */
export function createAdmission(permissions: TopicPermissions, credentials?: Credentials): Admission {
  const isFree = (username: string | undefined): boolean =>
    !credentials && (username === undefined || !permissions.isGateway(username));
  return {
    isGateway: (username) => permissions.isGateway(username),
    async judgeConnect(connect) {
      const { username = "" } = connect;
      if (credentials && !(await isGenuine(credentials, connect))) return badCredentials(connect);
      if (!isFree(connect.username) && !permissions.ownsClientId(username, connect.clientId))
        return forbiddenClientId(connect);
      return connect.hasWill ? refusedWill() : undefined;
    },
    mayPublish(username, topic) {
      if (topic.startsWith("$")) return false;
      return isFree(username) || permissions.mayPublish(username ?? "", topic);
    },
    maySubscribe(username, filter) {
      // $SYS tells of other gateways, and aedes 1.2 would grant $share and never deliver.
      if (filter.startsWith("$")) return false;
      return isFree(username) || permissions.maySubscribe(username ?? "", filter);
    },
  };
}

async function isGenuine(credentials: Credentials, { username, password }: Connect): Promise<boolean> {
  const check = username === undefined ? undefined : credentials.get(username);
  return check !== undefined && password !== undefined && (await check(password));
}

function badCredentials({ username }: Connect): ConnectRefusal {
  const who =
    username === undefined ? "without a user name" : `user ${JSON.stringify(username.slice(0, 64))}`;
  const detail = `${who}: user name or password is wrong; set both in the gateway and in the secrets file`;
  return { code: "bad-credentials", detail, returnCode: 5 };
}

function forbiddenClientId({ username, clientId }: Connect): ConnectRefusal {
  const shown = JSON.stringify(clientId.slice(0, 64));
  const detail = `client id ${shown} does not belong to ${username}; begin it with the user name`;
  return { code: "forbidden-client-id", detail, returnCode: 2 };
}

function refusedWill(): ConnectRefusal {
  const detail = "a will is no reading, and comes when nobody can tell its time; connect without one";
  return { code: "will", detail, returnCode: 5 };
}
