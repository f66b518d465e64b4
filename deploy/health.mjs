// Health of a container of ours: asks its own process over loopback whether it lives. Not whether it is ready:
// an outage of InfluxDB or Kafka is shown by /readyz and must not make anybody restart what waits for it.
import { request as plain } from "node:http";
import { request as secure } from "node:https";

const { ENERGY_TLS_CERT, ENERGY_HTTP_PORT = "8080" } = process.env;
const request = ENERGY_TLS_CERT ? secure : plain;
const options = { host: "127.0.0.1", port: ENERGY_HTTP_PORT, path: "/healthz", timeout: 4000 };
// The certificate names the services; that we speak to ourselves over loopback is known without it.
const call = request({ ...options, rejectUnauthorized: false }, (response) => {
  response.resume();
  process.exitCode = response.statusCode === 200 ? 0 : 1;
});
call.on("timeout", () => call.destroy(new Error("no answer within 4 s")));
call.on("error", (error) => {
  console.error(error.message);
  process.exitCode = 1;
});
call.end();
