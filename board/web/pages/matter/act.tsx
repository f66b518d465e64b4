/** What the viewer can do with a matter now. What was typed stays until it is taken, whatever fails. */
import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { OfficerAction } from "../../../../model/alert.ts";
import type { ApiMatter, MatterAnswer } from "../../../api/matters.ts";
import { type FieldFault, faultOf, formOf, inOrder } from "../../format/actions.ts";
import { code, named, t } from "../../i18n/text.ts";
import { Segmented } from "../../parts/choices.tsx";
import { Panel } from "../../parts/panel.tsx";
import { type Failure, send } from "../../state/answers.ts";
import { draftOf, keepDraft } from "../../state/drafts.ts";
import { mattersTurn, officerById } from "../../state/matters.ts";
import { session } from "../../state/session.ts";

/** The longest text that is taken. */
const MOST_TEXT = 2000;

/** Why nothing can be done: it is closed, or it is not for this viewer. */
function whyNothing(matter: ApiMatter): string {
  if (session.value?.role === "viewer") return t("act.viewer");
  return t(matter.state === "closed" ? "act.closed" : "act.not-yours");
}

function failureText({ status, detail }: Failure): string {
  return status === 0 ? t("act.unreachable") : t("act.refused", { detail });
}

interface Given {
  readonly text: string;
  readonly officer: string;
}
const nothing: Given = { text: "", officer: "" };

interface FieldsProps {
  readonly action: OfficerAction;
  readonly given: Given;
  readonly fault: FieldFault | undefined;
  readonly onChange: (given: Given) => void;
}

function OfficerField({ action, given, fault, onChange }: FieldsProps) {
  const id = useId();
  if (!formOf(action).officer) return null;
  return (
    <>
      <label for={id}>{t("act.officer")}</label>
      <select
        id={id}
        value={given.officer}
        aria-invalid={fault === "officer"}
        onChange={(event) => onChange({ ...given, officer: event.currentTarget.value })}
      >
        <option value="">{t("act.choose")}</option>
        {[...officerById.value.values()].map((officer) => (
          <option key={officer.id} value={officer.id}>
            {named(officer.name)}
          </option>
        ))}
      </select>
    </>
  );
}

function TextField({ action, given, fault, onChange }: FieldsProps) {
  const id = useId();
  const { text } = formOf(action);
  return (
    <>
      <label for={id}>
        {code("act.text", action)}
        {text === "may" && <span class="soft"> {t("act.optional")}</span>}
      </label>
      <textarea
        id={id}
        rows={text === "must" ? 4 : 2}
        maxLength={MOST_TEXT}
        value={given.text}
        aria-invalid={fault === "text"}
        onInput={(event) => onChange({ ...given, text: event.currentTarget.value })}
      />
    </>
  );
}

/** Sending an action: what is typed, what is wrong, what was done. */
function useAction(matter: ApiMatter, action: OfficerAction | undefined) {
  const [given, setGiven] = useState<Given>(() => ({ ...nothing, text: draftOf(matter.id) }));
  const [wrong, setWrong] = useState<{ fault?: FieldFault; failure?: Failure } | undefined>();
  const [done, setDone] = useState<OfficerAction | undefined>();
  const [busy, setBusy] = useState(false);
  const change = (next: Given) => {
    setGiven(next);
    keepDraft(matter.id, next.text);
    setWrong(undefined);
  };
  const submit = async (): Promise<void> => {
    if (!action || busy) return;
    const fault = faultOf(action, given);
    if (fault) {
      setWrong({ fault });
      return;
    }
    setBusy(true);
    setDone(undefined);
    const text = given.text.trim();
    const body = { ...(text && { text }), ...(formOf(action).officer && { officer: given.officer }) };
    const answer = await send<MatterAnswer>(`/matters/${encodeURIComponent(matter.id)}/${action}`, body);
    setBusy(false);
    mattersTurn.value += 1;
    if ("failure" in answer) setWrong({ failure: answer.failure });
    else {
      change(nothing);
      setDone(action);
    }
  };
  return { given, change, wrong, done, busy, submit, forget: () => setWrong(undefined) };
}

type Action = ReturnType<typeof useAction>;

/** What became of the last press. The focus goes to it, since the form it was pressed in is another now. */
function Said({ wrong, done }: Pick<Action, "wrong" | "done">) {
  const taken = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    if (done) taken.current?.focus();
  }, [done]);
  return (
    <>
      {wrong && (
        <p class="failure" role="alert">
          {wrong.fault ? code("act.fault", wrong.fault) : failureText(wrong.failure!)}
        </p>
      )}
      <p class="taken" role="status" tabIndex={-1} ref={taken}>
        {done && t("act.done", { action: code("matter.did", done) })}
      </p>
    </>
  );
}

interface ConfirmProps {
  readonly onYes: () => void;
  readonly onNo: () => void;
}

/** Asked in place of the button, with the focus on the way back; Escape goes back as well. */
function Confirm({ matter, onYes, onNo }: ConfirmProps & { matter: ApiMatter }) {
  const back = useRef<HTMLButtonElement>(null);
  const id = useId();
  useEffect(() => back.current?.focus(), []);
  return (
    <div
      class="confirm"
      role="alertdialog"
      aria-label={t("act.confirm")}
      aria-describedby={id}
      onKeyDown={(event) => {
        if (event.key === "Escape") onNo();
      }}
    >
      <p id={id}>{t(matter.firing ? "act.confirm.firing" : "act.confirm.resolved")}</p>
      <button type="button" class="main" onClick={onYes}>
        {t("act.confirm.yes")}
      </button>
      <button type="button" class="plain" ref={back} onClick={onNo}>
        {t("act.confirm.no")}
      </button>
    </div>
  );
}

function Form({ matter, action, state }: { matter: ApiMatter; action: OfficerAction; state: Action }) {
  const [asking, setAsking] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  /** The focus goes back to where the question came from. */
  const goBack = () => {
    setAsking(false);
    setTimeout(() => button.current?.focus());
  };
  const submit = () => {
    setAsking(false);
    void state.submit();
  };
  const fields = { action, given: state.given, fault: state.wrong?.fault, onChange: state.change };
  return (
    <form
      class="act"
      onSubmit={(event) => {
        event.preventDefault();
        if (formOf(action).isFinal) setAsking(true);
        else submit();
      }}
    >
      <OfficerField {...fields} />
      <TextField {...fields} />
      {asking ? (
        <Confirm matter={matter} onYes={submit} onNo={goBack} />
      ) : (
        <p class="submit">
          <button type="submit" class="main" ref={button} disabled={state.busy}>
            {t(state.busy ? "act.busy" : "act.submit", { action: code("matter.action", action) })}
          </button>
          <span class="soft">{t("act.kept")}</span>
        </p>
      )}
    </form>
  );
}

export function Act({ matter }: { matter: ApiMatter }) {
  const may = inOrder(matter.may);
  const [wanted, setWanted] = useState<OfficerAction | undefined>();
  const action = wanted && may.includes(wanted) ? wanted : may[0];
  const state = useAction(matter, action);
  return (
    <Panel class="act-panel" title={t("act.title")}>
      {may.length > 1 && (
        <Segmented
          label={t("act.title")}
          options={may.map((value) => ({ value, label: code("matter.action", value) }))}
          value={action!}
          onChange={(value) => {
            state.forget();
            setWanted(value);
          }}
        />
      )}
      {action ? (
        <Form key={action} matter={matter} action={action} state={state} />
      ) : (
        <p class="note">{whyNothing(matter)}</p>
      )}
      <Said wrong={state.wrong} done={state.done} />
    </Panel>
  );
}
