/** Where Grafana sends alerts: all of them to the desk, which knows the officers. */

const CONTACT_POINT = "desk";

/**
 * The desk's hook. Address and files are Grafana's own to fill in: the environment names the address, the token and
 * the authority are secrets of the container.
 */
export function contactPoints() {
  const settings = {
    url: "$__env{ALERT_HOOK_URL}",
    httpMethod: "POST",
    authorization_scheme: "Bearer",
    authorization_credentials: "$__file{/run/secrets/grafana-hook-token}",
    // All of them: what is left out of a document is lost.
    maxAlerts: "0",
    title: '{{ template "energy.title" . }}',
    message: '{{ template "energy.message" . }}',
    tlsConfig: { insecureSkipVerify: false, caCertificate: "$__file{/run/secrets/ca}" },
  };
  const receiver = { uid: "energy-desk", type: "webhook", disableResolveMessage: false, settings };
  return { contactPoints: [{ orgId: 1, name: CONTACT_POINT, receivers: [receiver] }] };
}

/**
 * One route for everything. Each alert is a document of its own: it never outgrows the hook's limit, and one that
 * is refused holds up no other. Nothing is muted here, for what is muted and over by morning would never be told;
 * quiet hours are the desk's. Repeats are told apart by fingerprint and start.
 */
export function policies() {
  return {
    policies: [
      {
        orgId: 1,
        receiver: CONTACT_POINT,
        group_by: ["..."],
        group_wait: "0s",
        group_interval: "10s",
        repeat_interval: "1h",
      },
    ],
  };
}

/** Title and message of a document, for those who read it by hand. */
export function templates() {
  const title = '{{ define "energy.title" }}{{ range .Alerts }}{{ .Labels.alertname }} {{ end }}{{ end }}';
  const message =
    '{{ define "energy.message" }}{{ range .Alerts }}{{ .Status }} {{ .Annotations.summary }} / {{ .Annotations.summary_en }}\n{{ end }}{{ end }}';
  return {
    templates: [
      { orgId: 1, name: "energy.title", template: title },
      { orgId: 1, name: "energy.message", template: message },
    ],
  };
}
