/** In front of the board where the server wants to know who asks. */
import { useId, useRef, useState } from "preact/hooks";
import { t } from "../../i18n/text.ts";
import { type SignInFailure, signIn } from "../../state/session.ts";

function failureText(failure: SignInFailure): string {
  switch (failure.why) {
    case "credentials":
      return t("sign-in.refused");
    case "too-many":
      return t("sign-in.too-many", { n: Math.ceil(failure.wait / 60) });
    case "unreachable":
      return t("failure.unreachable");
    case "other":
      return failure.detail;
  }
}

/** Asks for user name and password. */
export function SignInPage() {
  const [failure, setFailure] = useState<SignInFailure | undefined>();
  const [busy, setBusy] = useState(false);
  const password = useRef<HTMLInputElement>(null);
  const [userId, passwordId] = [useId(), useId()];
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const given = new FormData(event.currentTarget as HTMLFormElement);
    setBusy(true);
    const failed = await signIn(String(given.get("username")), String(given.get("password")));
    if (!failed) return;
    setBusy(false);
    setFailure(failed);
    password.current?.select();
  };
  return (
    <form class="panel sign-in" method="post" onSubmit={(event) => void submit(event)}>
      <h1>{t("sign-in.title")}</h1>
      <label for={userId}>{t("sign-in.user")}</label>
      <input
        id={userId}
        name="username"
        autocomplete="username"
        autocapitalize="none"
        spellcheck={false}
        required
      />
      <label for={passwordId}>{t("sign-in.password")}</label>
      <input
        id={passwordId}
        ref={password}
        name="password"
        type="password"
        autocomplete="current-password"
        required
      />
      {failure && (
        <p class="failure" role="alert">
          {failureText(failure)}
        </p>
      )}
      <button type="submit" disabled={busy}>
        {t(busy ? "sign-in.busy" : "sign-in.submit")}
      </button>
      <p class="soft">{t("sign-in.note")}</p>
    </form>
  );
}
