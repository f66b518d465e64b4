/** A level's colour: told by its bars as well, one for yellow, three for red. */
import { type Colour, colours } from "../../../model/limit.ts";
import type { ApiLimit } from "../../api/limits.ts";
import { code } from "../i18n/text.ts";

/** `unjudged`: too little is known for any level to hold. */
export type Marked = Colour | "green" | "unjudged";

/** The level of a limit, or that it has none yet. */
export function markedOf({ colour, judged }: Pick<ApiLimit, "colour" | "judged">): Marked {
  return judged ? colour : "unjudged";
}

/** `bare` leaves the word to screen readers. */
export function ColourMark({ colour, bare }: { colour: Marked; bare?: boolean }) {
  const bars = (colours as readonly string[]).indexOf(colour) + 1;
  const word = code("colour", colour);
  return (
    <span class={`colour-mark level-${colour}`}>
      <svg viewBox="0 0 16 16" role="img" aria-label={word} {...(bare ? { "data-tip": word } : {})}>
        <rect x="0.75" y="0.75" width="14.5" height="14.5" class="ring" />
        {colour === "unjudged" && <path d="M4.5 8H11.5" class="ring" />}
        {[10.5, 6.75, 3].slice(0, bars).map((y) => (
          <rect key={y} x="3" y={y} width="10" height="2.5" class="fill" />
        ))}
      </svg>
      {!bare && <span aria-hidden="true">{word}</span>}
    </span>
  );
}
