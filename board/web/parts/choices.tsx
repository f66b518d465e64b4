/** Switches and selects. */
import { useId } from "preact/hooks";

export interface Option<T extends string> {
  readonly value: T;
  readonly label: string;
  /** Set: cannot be chosen, and why. */
  readonly barred?: string;
}

interface SegmentedProps<T extends string> {
  readonly label: string;
  readonly options: readonly Option<T>[];
  readonly value: T;
  readonly onChange: (value: T) => void;
}

/** A row of buttons of which one is pressed. */
export function Segmented<T extends string>({ label, options, value, onChange }: SegmentedProps<T>) {
  return (
    <fieldset class="segmented" aria-label={label}>
      {options.map((option) => (
        <button
          type="button"
          key={option.value}
          aria-pressed={option.value === value}
          disabled={option.barred !== undefined}
          {...(option.barred ? { "data-tip": option.barred } : {})}
          onClick={() => onChange(option.value)}
        >
          {option.label}
        </button>
      ))}
    </fieldset>
  );
}

/** A select with its label; the first option is the default. */
export function Choice<T extends string>({ label, options, value, onChange }: SegmentedProps<T>) {
  const id = useId();
  return (
    <span class="field">
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => onChange(event.currentTarget.value as T)}>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </span>
  );
}

interface DateProps {
  readonly label: string;
  readonly value: string;
  readonly max?: string;
  readonly onChange: (value: string) => void;
}

/** A date of the county's calendar. */
export function DateField({ label, value, max, onChange }: DateProps) {
  const id = useId();
  return (
    <span class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="date"
        value={value}
        {...(max ? { max } : {})}
        onChange={(event) => {
          if (event.currentTarget.value) onChange(event.currentTarget.value);
        }}
      />
    </span>
  );
}
