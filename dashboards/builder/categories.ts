/** Names of the accounting classes, as the board has them; a test compares the two. */
import type { LocalText, SiteCategory } from "../../model/registry.ts";
import { text } from "./text.ts";

export const categoryNames: Readonly<Record<SiteCategory, LocalText>> = {
  "key-energy-user": text("重点用能单位", "Key energy user"),
  port: text("港口码头", "Port"),
  "shore-power": text("岸电", "Shore power"),
  charging: text("充电设施", "Charging"),
  "public-building": text("公共机构", "Public building"),
  generation: text("发电", "Generation"),
  other: text("其他", "Other"),
};
