// What threads do; each module looks whether there is a task for it.
import "./deltas/delta-worker.ts";
import "./ingest/packet-worker.ts";
