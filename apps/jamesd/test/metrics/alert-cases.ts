/** Series as promtool writes them: a value a minute. */
type SeriesOf = Readonly<Record<string, string>>;

/** What an alert is tried with. */
export interface AlertCase {
  /** Minutes after which it is looked at. */
  readonly after: number;
  /** It is given with these. */
  readonly fires: SeriesOf;
  /** It is not with these. */
  readonly quiet: readonly SeriesOf[];
}

const EXPIRY = 'jamesd_certificate_expiry_timestamp_seconds{use="server",subject="CN=jamesd",serial="01"}';
const CRL = 'jamesd_crl_next_update_timestamp_seconds{issuer="CN=ca"}';
const START = 'process_start_time_seconds{job="jamesd"}';
const LAG = 'nodejs_eventloop_lag_p99_seconds{job="jamesd"}';
const [OPEN, MAX] = ['process_open_fds{job="jamesd"}', 'process_max_fds{job="jamesd"}'];

function devices(counts: Readonly<Record<string, string>>): SeriesOf {
  return Object.fromEntries(
    Object.entries(counts).map(([sync, values]) => [`jamesd_devices{sync="${sync}"}`, values]),
  );
}

function rolloutDevices(counts: Readonly<Record<string, string>>): SeriesOf {
  return Object.fromEntries(
    Object.entries(counts).map(([progress, values]) => [
      `jamesd_rollout_devices{rollout="42",progress="${progress}"}`,
      values,
    ]),
  );
}

function transactions(committed: string, failed: string): SeriesOf {
  return {
    'jamesd_transactions_total{outcome="committed",error=""}': committed,
    'jamesd_transactions_total{outcome="rolled-back",error="SCRIPT_FAILED"}': failed,
  };
}

function requests(status: string, values: string): SeriesOf {
  const labels = `method="GET",route="/v1/blobs/:digest",status="${status}"`;
  return { [`jamesd_http_request_duration_seconds_count{${labels}}`]: values };
}

/** Each alert of `examples/monitoring/alerts.yml`, with when it is given and when not. */
export const ALERT_CASES: Readonly<Record<string, AlertCase>> = {
  JamesdDown: { after: 5, fires: { 'up{job="jamesd"}': "0x9" }, quiet: [{ 'up{job="jamesd"}': "1x9" }] },
  JamesdRestarts: {
    after: 9,
    fires: { [START]: "0 0 60 60 180 180 300 300 300 300" },
    quiet: [{ [START]: "0 0 60 60 60 60 60 60 300 300" }],
  },
  JamesdCertificateEndsSoon: {
    after: 65,
    fires: { [EXPIRY]: "1800000x70" },
    quiet: [{ [EXPIRY]: "1900000x70" }],
  },
  JamesdCertificateEnds: { after: 20, fires: { [EXPIRY]: "250000x30" }, quiet: [{ [EXPIRY]: "270000x30" }] },
  JamesdRevocationListOld: { after: 20, fires: { [CRL]: "60x30" }, quiet: [{ [CRL]: "9000x30" }] },
  JamesdDeviceCertificatesLate: {
    after: 65,
    fires: { jamesd_device_certificates_late: "1x70" },
    quiet: [{ jamesd_device_certificates_late: "0x70" }],
  },
  JamesdDevicesFail: {
    after: 20,
    fires: devices({ failed: "3x30", "in-sync": "97x30" }),
    quiet: [devices({ failed: "1x30", "in-sync": "99x30" }), devices({ failed: "0x30", "in-sync": "0x30" })],
  },
  JamesdTransactionsFail: {
    after: 25,
    fires: transactions("0+2x30", "0+1x30"),
    quiet: [
      transactions("0+9x30", "0+1x30"),
      transactions("0x30", "0x20 1x10"),
      transactions("0x30", "0x30"),
    ],
  },
  JamesdRolloutPaused: {
    after: 9,
    fires: { 'jamesd_rollouts{status="paused"}': "1x9" },
    quiet: [
      { 'jamesd_rollouts{status="paused"}': "0x9", 'jamesd_rollouts{status="waiting"}': "1x9" },
      { 'jamesd_rollouts{status="paused"}': "0x8 1" },
    ],
  },
  JamesdRolloutWaits: {
    after: 65,
    fires: { 'jamesd_rollouts{status="waiting"}': "1x70" },
    quiet: [{ 'jamesd_rollouts{status="waiting"}': "0x70", 'jamesd_rollouts{status="running"}': "2x70" }],
  },
  JamesdRolloutFails: {
    after: 9,
    fires: rolloutDevices({ done: "95x9", failed: "2x9", silent: "3x9", unreached: "500x9" }),
    quiet: [
      rolloutDevices({ done: "99x9", failed: "1x9", silent: "0x9", unreached: "0x9" }),
      rolloutDevices({ done: "0x9", failed: "0x9", silent: "0x9", unreached: "9x9" }),
    ],
  },
  JamesdDevicesNeedDecision: {
    after: 9,
    fires: devices({ halted: "0x9", doubled: "1x9" }),
    quiet: [devices({ halted: "0x9", doubled: "0x9", failed: "5x9" })],
  },
  JamesdDevicesUnsatisfiable: {
    after: 35,
    fires: devices({ unsatisfiable: "1x40" }),
    quiet: [devices({ unsatisfiable: "0x40" })],
  },
  JamesdDevicesGone: {
    after: 45,
    fires: { jamesd_devices_connected: "100x30 50x30" },
    quiet: [{ jamesd_devices_connected: "100x30 90x30" }, { jamesd_devices_connected: "4x30 1x30" }],
  },
  JamesdServerErrors: {
    after: 20,
    fires: requests("5xx", "0+60x30"),
    quiet: [requests("5xx", "0+1x30"), requests("4xx", "0+60x30")],
  },
  JamesdCheckinsRefused: {
    after: 25,
    fires: { jamesd_checkins_refused_total: "0+60x30", jamesd_checkins_total: "0+600x30" },
    quiet: [
      { jamesd_checkins_refused_total: "0+6x30", jamesd_checkins_total: "0+600x30" },
      { jamesd_checkins_refused_total: "0+1x30", jamesd_checkins_total: "0x30" },
    ],
  },
  JamesdCheckinsNotHeld: {
    after: 45,
    fires: { jamesd_checkins_not_held_total: "0+1x50" },
    quiet: [{ jamesd_checkins_not_held_total: "9x50" }],
  },
  JamesdSlow: { after: 15, fires: { [LAG]: "0.5x20" }, quiet: [{ [LAG]: "0.1x20" }] },
  JamesdDiskFull: {
    after: 15,
    fires: { jamesd_data_free_bytes: "5x20", jamesd_data_size_bytes: "100x20" },
    quiet: [{ jamesd_data_free_bytes: "20x20", jamesd_data_size_bytes: "100x20" }],
  },
  JamesdFewDescriptors: {
    after: 15,
    fires: { [OPEN]: "900x20", [MAX]: "1000x20" },
    quiet: [{ [OPEN]: "500x20", [MAX]: "1000x20" }],
  },
  JamesdJoinsWait: {
    after: 65,
    fires: { 'jamesd_enrollments{state="waiting"}': "2x70" },
    quiet: [
      { 'jamesd_enrollments{state="waiting"}': "0x70", 'jamesd_enrollments{state="approved"}': "3x70" },
    ],
  },
  JamesdWebhookFails: {
    after: 9,
    fires: { 'jamesd_webhook_behind_seconds{webhook="example.com"}': "1000x9" },
    quiet: [{ 'jamesd_webhook_behind_seconds{webhook="example.com"}': "60x9" }],
  },
};

/** The same as a file of promtool's tests: JSON is YAML. */
export function promtoolTests(rules: string): string {
  const testOf = (alertname: string, after: number, series: SeriesOf, alerts: number) => ({
    interval: "1m",
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    promql_expr_test: [
      {
        expr: `count(ALERTS{alertname="${alertname}",alertstate="firing"})`,
        eval_time: `${after}m`,
        exp_samples: alerts === 0 ? [] : [{ labels: "{}", value: alerts }],
      },
    ],
  });
  const tests = Object.entries(ALERT_CASES).flatMap(([name, { after, fires, quiet }]) => [
    testOf(name, after, fires, 1),
    ...quiet.map((series) => testOf(name, after, series, 0)),
  ]);
  return JSON.stringify({ rule_files: [rules], evaluation_interval: "1m", tests });
}
