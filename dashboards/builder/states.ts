/** Meter and gateway states as words and colours. */
import { type MeterStateName, meterStates } from "../../model/observation.ts";
import { levelColours, plain } from "./palette.ts";
import { both, text } from "./text.ts";

const names = {
  online: text("在线", "online"),
  late: text("迟报", "late"),
  silent: text("无数据", "silent"),
  never: text("从未上报", "never heard of"),
} as const;

const colours: Readonly<Record<MeterStateName, string>> = {
  online: levelColours.green,
  late: levelColours.yellow,
  silent: levelColours.red,
  never: plain.quiet,
};

/** Value mapping from the numbers of `meter_status.state` and `gateway_status.state`. */
export const stateMappings = [
  {
    type: "value",
    options: Object.fromEntries(
      meterStates.map((state, i) => [
        String(i),
        { text: both(names[state]), color: colours[state], index: i },
      ]),
    ),
  },
];
