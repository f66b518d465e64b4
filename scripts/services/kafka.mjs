// Kafka needs only its jars and a Java: Maven fetches them.
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { needTools, run } from "./tools.mjs";

export const version = "4.1.1";

/** The folder whose presence says that it is provisioned. */
export function artifact(cache) {
  return join(cache, `kafka-${version}`, "lib");
}

const dependency = (group, name, number) =>
  `<dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${number}</version></dependency>`;

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId>
  <artifactId>kafka-jars</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    ${dependency("org.apache.kafka", "kafka_2.13", version)}
    ${dependency("org.slf4j", "slf4j-simple", "1.7.36")}
  </dependencies>
</project>
`;

/** Copies the jars into the cache. */
export async function provision(cache, say) {
  needTools("Kafka", {
    java: "a Java 17 or later, Debian package openjdk-17-jre-headless",
    mvn: "Debian package maven",
  });
  const home = join(cache, `kafka-${version}`);
  const partial = join(home, "lib.partial");
  await rm(partial, { recursive: true, force: true });
  await mkdir(home, { recursive: true });
  await writeFile(join(home, "pom.xml"), pom);
  say("Kafka: fetching its jars");
  const goal = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";
  await run("mvn", ["-B", "-q", goal, `-DoutputDirectory=${partial}`], { cwd: home });
  await rename(partial, artifact(cache));
}
