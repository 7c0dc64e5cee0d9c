// What jamesd is compared with: a bare `node:https` server with mutual TLS that answers 204 to everything, or, with
// "hold", never answers. Usage: node peer.ts PORT CA CERT KEY [hold]
import { readFileSync } from "node:fs";
import { createServer } from "node:https";

const [port, ca = "", cert = "", key = "", hold] = process.argv.slice(2);
const server = createServer(
  {
    ca: readFileSync(ca),
    cert: readFileSync(cert),
    key: readFileSync(key),
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: "TLSv1.2",
    keepAliveTimeout: 75_000,
    requestTimeout: 0,
  },
  (request, response) => {
    request.resume();
    if (hold === undefined) response.writeHead(204).end();
  },
);
server.listen(Number(port), "127.0.0.1", () => console.log("ready"));
