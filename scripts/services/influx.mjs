// InfluxDB has no package here: built from its Go module, with a main of our own, since `go install` refuses
// a module that has a replace line. About seven minutes on two cores (Rust, then Go).
import { existsSync } from "node:fs";
import { chmod, mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { aptInstall, findTool, needTools, run } from "./tools.mjs";

export const version = "2.7.12";

/** The file whose presence says that it is provisioned. */
export function artifact(cache) {
  return join(cache, `influxdb-${version}`, "influxd");
}

const goMod = `module influxd

go 1.22

require (
	github.com/influxdata/influxdb/v2 v${version}
	github.com/spf13/viper v1.6.1
)

replace github.com/nats-io/nats-streaming-server v0.11.2 => github.com/influxdata/nats-streaming-server v0.11.3-0.20201112040610-c277f7560803
`;

const mainGo = `package main

import (
	"context"
	"fmt"
	"os"

	"github.com/influxdata/influxdb/v2/cmd/influxd/launcher"
	_ "github.com/influxdata/influxdb/v2/tsdb/engine/tsm1"
	_ "github.com/influxdata/influxdb/v2/tsdb/index/tsi1"
	"github.com/spf13/viper"
)

func main() {
	command, err := launcher.NewInfluxdCommand(context.Background(), viper.New())
	if err == nil {
		err = command.Execute()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
`;

/** Newer compilers warn of more than the library allows, and RUSTFLAGS do not reach its build. */
const rustWrapper = `#!/bin/sh
exec "$@" --cap-lints allow
`;

async function needCompilers() {
  needTools("InfluxDB", {
    go: "Go 1.22 or later, https://go.dev/dl",
    cargo: "Rust, https://rustup.rs",
    rustc: "Rust, https://rustup.rs",
  });
  if (!findTool("clang") || !findTool("protoc") || !findTool("pkg-config"))
    await aptInstall("InfluxDB", ["clang", "protobuf-compiler", "pkg-config"]);
}

async function toolchain() {
  if (!findTool("rustup")) return {};
  return { RUSTUP_TOOLCHAIN: (await run("rustup", ["show", "active-toolchain"])).split(/\s/)[0] };
}

/** Builds `influxd` into the cache. */
export async function provision(cache, say) {
  await needCompilers();
  const home = join(cache, `influxdb-${version}`);
  const source = join(home, "source");
  const tools = join(home, "tools");
  await mkdir(source, { recursive: true });
  await mkdir(tools, { recursive: true });
  await writeFile(join(source, "go.mod"), goMod);
  await writeFile(join(source, "main.go"), mainGo);
  const wrapper = join(tools, "rustc-wrapper");
  await writeFile(wrapper, rustWrapper);
  await chmod(wrapper, 0o755);
  await run("go", ["install", "github.com/influxdata/pkg-config@v0.2.14"], { env: { GOBIN: tools } });
  say("InfluxDB: building (about seven minutes the first time)");
  const env = {
    ...(await toolchain()),
    PKG_CONFIG: join(tools, "pkg-config"),
    RUSTC_WRAPPER: wrapper,
    CGO_ENABLED: "1",
  };
  const args = [
    "build",
    "-mod=mod",
    "-tags",
    "sqlite_foreign_keys,sqlite_json",
    "-o",
    "influxd.partial",
    ".",
  ];
  await run("go", args, { cwd: source, env });
  await rename(join(source, "influxd.partial"), artifact(cache));
  if (!existsSync(artifact(cache))) throw new Error(`InfluxDB: ${artifact(cache)} was not built`);
}
